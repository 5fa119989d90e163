/**
 * Names and passwords (RFC 7617), both ways: `htpasswd` says whom a server lets in, `client_auth` what a client shows.
 *
 * A bcrypt hash is checked in a worker thread, at most `CHECKS_MOST` at a time; who was right is remembered by a digest, so
 * that only the first request of a client costs that. Who was wrong is not: guessing stays expensive.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { CollectorError, definePlugin } from 'seneca-collector'
import type { ConfigProblem, Context, Infer, JsonSchema } from 'seneca-collector'
import type { AuthHeaders, ClientAuthenticator, ServerAuthenticator } from 'seneca-collector/http'
import { readHtpasswd } from './htpasswd.ts'
import type { Entry } from './htpasswd.ts'
import { verifyQuick } from './verify.ts'

const READ_AGAIN_MS = 5_000
const CHECKS_MOST = 16
const REMEMBERED_MOST = 10_000
const WORKER = new URL(`./bcrypt.worker${extname(import.meta.filename)}`, import.meta.url)
/** Who is not listed costs as much time as who is: a bcrypt hash of nothing anybody types. */
const NOBODY = '$2b$10$8jygqhZsi2QxvZitZN7SCu7Q4IPHWFe3IF0plGtb/tXUE36xCFDnG'

const schema = {
  type: 'object',
  properties: {
    htpasswd: {
      type: 'object',
      description: 'Who is let in, as htpasswd writes it: bcrypt, apr1, {SHA}, {SSHA} or plain text.',
      properties: {
        file: { type: 'string', minLength: 1, description: 'File with name:hash lines; read anew when it changes.' },
        inline: {
          type: 'string',
          minLength: 1,
          secret: true,
          description: 'The same as text; its lines come over the file’s.',
        },
      },
    },
    client_auth: {
      type: 'object',
      description: 'What a client shows.',
      properties: {
        username: { type: 'string', minLength: 1, description: 'Name; no colon in it.' },
        password: { type: 'string', secret: true, description: 'Password.' },
      },
      required: ['username', 'password'],
    },
  },
} as const satisfies JsonSchema

type Config = Infer<typeof schema>

const fileText = (file: string, folder: string): string => {
  try {
    return readFileSync(resolve(folder, file), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CollectorError('config_invalid', `${file} cannot be read (${code ?? 'unknown reason'})`, { cause: error })
  }
}

type Users = ReadonlyMap<string, Entry>

/** Throws with the first line that cannot be read. */
const usersOf = ({ htpasswd }: Config, folder: string): Users => {
  const texts = [
    htpasswd?.file === undefined ? '' : fileText(htpasswd.file, folder),
    htpasswd?.inline === undefined ? '' : htpasswd.inline.reveal(),
  ]
  const users = new Map<string, Entry>()
  for (const { entry, problem } of texts.flatMap(readHtpasswd)) {
    if (entry === undefined) throw new CollectorError('config_invalid', problem ?? 'a line cannot be read')
    users.set(entry.name, entry)
  }
  return users
}

const credentialsIn = (header: unknown): { readonly name: string; readonly password: string } | undefined => {
  const match = typeof header === 'string' ? /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(header) : null
  const text = match === null ? '' : Buffer.from(match[1] as string, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

const WRONG = 'the name or the password is wrong'

const createGuard = (ctx: Context<'extension'>, users: () => Users) => {
  const remembered = new Set<string>()
  let checks = 0
  const slow = async (hash: string, password: string): Promise<boolean> => {
    if (checks >= CHECKS_MOST)
      throw new CollectorError('unavailable', 'too many passwords are being checked; come again', {
        retryable: true,
        retryAfterMs: 1_000,
      })
    checks++
    try {
      return await ctx.offload.run<boolean>(WORKER, { password, hash })
    } finally {
      checks--
    }
  }
  const refusal = (headers: AuthHeaders): string | undefined | Promise<string | undefined> => {
    const given = credentialsIn(headers['authorization'])
    if (given === undefined) return 'the header Authorization holds no name and password (Basic …)'
    const entry = users().get(given.name)
    if (entry !== undefined && entry.scheme !== 'bcrypt') return verifyQuick(entry, given.password) ? undefined : WRONG
    const hash = entry?.hash ?? NOBODY
    const key = createHash('sha256').update(`${hash}\n${given.name}\n${given.password}`).digest('base64')
    if (remembered.has(key)) return undefined
    return slow(hash, given.password).then((isRight) => {
      if (!isRight || entry === undefined) return WRONG
      if (remembered.size >= REMEMBERED_MOST) remembered.clear()
      remembered.add(key)
      return undefined
    })
  }
  return refusal
}

const check = function* (config: Config, folder: string): Generator<ConfigProblem> {
  const { htpasswd, client_auth: client } = config
  if (htpasswd === undefined && client === undefined)
    yield { path: [], message: 'needs htpasswd (whom servers let in) or client_auth (what clients show)' }
  if (htpasswd !== undefined && htpasswd.file === undefined && htpasswd.inline === undefined)
    yield { path: ['htpasswd'], message: 'needs file or inline' }
  if (client?.username.includes(':') === true)
    yield { path: ['client_auth', 'username'], message: 'a name cannot hold a colon' }
  try {
    usersOf(config, folder)
  } catch (error) {
    yield { path: ['htpasswd'], message: (error as Error).message }
  }
}

export default definePlugin({
  kind: 'extension',
  type: 'basicauth',
  signals: [],
  stability: 'beta',
  summary: 'Names and passwords: servers let in whom htpasswd lists, clients show theirs.',
  schema,
  examples: [
    { title: 'whom a server lets in', yaml: 'htpasswd:\n  inline: ${env:COLLECTOR_USERS:-ana:change-me}' },
    {
      title: 'what a client shows',
      yaml: 'client_auth:\n  username: ana\n  password: ${env:OTLP_PASSWORD:-change-me}',
    },
  ],
  check: (config, info) => check(config, info.folder),
  create(ctx, config) {
    let users = usersOf(config, ctx.folder)
    let stop: (() => void) | undefined
    const readAgain = (): void => {
      try {
        users = usersOf(config, ctx.folder)
        ctx.status.report('ok')
      } catch (error) {
        ctx.status.report('degraded', `the users stay as they are: ${(error as Error).message}`)
      }
    }
    const client = config.client_auth
    const face: Partial<ServerAuthenticator & ClientAuthenticator> = {
      challenge: 'Basic realm="seneca-collector", charset="UTF-8"',
      ...(config.htpasswd === undefined ? {} : { refusal: createGuard(ctx, () => users) }),
      ...(client === undefined
        ? {}
        : {
            clientHeaders: () => ({
              authorization: `Basic ${Buffer.from(`${client.username}:${client.password.reveal()}`).toString('base64')}`,
            }),
          }),
    }
    return {
      face,
      start() {
        if (config.htpasswd?.file !== undefined) stop = ctx.clock.every(READ_AGAIN_MS, readAgain)
        ctx.status.report('ok')
      },
      stop() {
        stop?.()
      },
    }
  },
})
