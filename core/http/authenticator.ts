/**
 * Authentication between components: an extension proves who asks (`auth: { authenticator: <id> }`), to servers of ours
 * and for requests of ours. The face of such an extension has what its directions need:
 *
 * - A server asks `refusal(headers)` before it reads a body. The answer is the reason in a sentence, which goes into the
 *   log and to the peer, so it holds nothing of the secret; undefined lets the request in.
 * - A client asks `clientHeaders()` for each request, because what it must carry may change with time (a token read anew
 *   from its file).
 */
import type { Context } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { CheckInfo, ConfigProblem } from '../kit/plugin.ts'
import type { Infer, JsonSchema } from '../kit/schema.ts'

/** Names in lower case, as node:http and node:http2 give them. */
export type AuthHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface ServerAuthenticator {
  refusal(headers: AuthHeaders): string | undefined | Promise<string | undefined>
  /** What `WWW-Authenticate` says beside a 401, e.g. `Bearer`. */
  readonly challenge?: string
}

export interface ClientAuthenticator {
  /** Headers (lower-case names) of a request that is to be sent now. */
  clientHeaders(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
}

export const authSchema = {
  type: 'object',
  description: 'Who proves to the server who asks.',
  properties: {
    authenticator: { type: 'string', minLength: 1, description: 'Id of an extension such as `bearertokenauth`.' },
  },
  required: ['authenticator'],
} as const satisfies JsonSchema

export type AuthConfig = Infer<typeof authSchema>

/** For `check()`; `path` leads to the `auth` section. */
export const authProblems = function* (
  auth: AuthConfig | undefined,
  info: Pick<CheckInfo, 'extensions'>,
  path: readonly string[] = ['auth'],
): Generator<ConfigProblem> {
  if (auth === undefined || info.extensions.includes(auth.authenticator)) return
  yield {
    path: [...path, 'authenticator'],
    message: `there is no extension '${auth.authenticator}'`,
    suggestion: 'configure it under extensions and name it under service.extensions',
  }
}

const faceOf = (ctx: Pick<Context, 'extension'>, id: string, member: string, lacks: string): object => {
  const face = ctx.extension(id)
  if (typeof face === 'object' && face !== null && typeof (face as Record<string, unknown>)[member] === 'function')
    return face
  throw new CollectorError('config_invalid', `auth: the extension '${id}' authenticates no ${lacks}`)
}

/** Who tells a server of ours whom to let in; undefined when `auth` is. Throws when the extension cannot. */
export const serverAuth = (
  ctx: Pick<Context, 'extension'>,
  auth: AuthConfig | undefined,
): ServerAuthenticator | undefined =>
  auth === undefined ? undefined : (faceOf(ctx, auth.authenticator, 'refusal', 'servers') as ServerAuthenticator)

/** Who gives a client of ours its headers; undefined when `auth` is. Throws when the extension cannot. */
export const clientAuth = (
  ctx: Pick<Context, 'extension'>,
  auth: AuthConfig | undefined,
): ClientAuthenticator | undefined =>
  auth === undefined ? undefined : (faceOf(ctx, auth.authenticator, 'clientHeaders', 'clients') as ClientAuthenticator)
