/**
 * Bearer tokens, both ways: a server that names this extension lets in who shows one of the tokens, a client shows the
 * first. Tokens of a file are read anew while the collector runs, so that they can be renewed; a file that cannot be read
 * then leaves the tokens as they are.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { CollectorError, definePlugin, type Infer, type JsonSchema, type Secret } from 'seneca-collector'
import type { AuthHeaders, ClientAuthenticator, ServerAuthenticator } from 'seneca-collector/http'

/** How often a file of tokens is read again. */
const READ_AGAIN_MS = 5_000
const TOKENS_MOST = 1_000

const schema = {
  type: 'object',
  properties: {
    token: { type: 'string', minLength: 1, secret: true, description: 'The token.' },
    tokens: {
      type: 'array',
      items: { type: 'string', minLength: 1, secret: true },
      description: 'Several tokens: servers take each, clients show the first.',
    },
    filename: {
      type: 'string',
      minLength: 1,
      description: 'File with one token a line, instead of token; it is read anew when it changes.',
    },
    scheme: {
      type: 'string',
      default: 'Bearer',
      description: 'What stands before the token in the header; empty = nothing.',
    },
    header: {
      type: 'string',
      pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
      default: 'Authorization',
      description: 'The header that holds it.',
    },
  },
} as const satisfies JsonSchema

type Config = Infer<typeof schema>

const ORIGINS = ['token', 'tokens', 'filename'] as const

const fromFile = (file: string, folder: string): readonly string[] => {
  let text: string
  try {
    text = readFileSync(resolve(folder, file), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CollectorError('config_invalid', `${file} cannot be read (${code ?? 'unknown reason'})`, { cause: error })
  }
  const tokens = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (tokens.length === 0) throw new CollectorError('config_invalid', `${file} holds no token`)
  if (tokens.length > TOKENS_MOST)
    throw new CollectorError('config_invalid', `${file} holds more than ${TOKENS_MOST} tokens`)
  return tokens
}

const reveal = (secret: Secret): string => secret.reveal()

const tokensOf = (config: Config, folder: string): readonly string[] => {
  if (config.filename !== undefined) return fromFile(config.filename, folder)
  return config.token === undefined ? (config.tokens ?? []).map(reveal) : [config.token.reveal()]
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Every token is looked at, so that the time tells neither which one it was nor how much of it was right. */
const isAmong = (digests: readonly Buffer[], given: string): boolean => {
  const mine = digest(given)
  let isFound = false
  for (const one of digests) if (timingSafeEqual(one, mine)) isFound = true
  return isFound
}

export default definePlugin({
  kind: 'extension',
  type: 'bearertokenauth',
  signals: [],
  stability: 'beta',
  summary: 'Bearer tokens: servers let in who shows one, clients show theirs.',
  schema,
  examples: [
    { title: 'one token', yaml: 'token: ${env:COLLECTOR_TOKEN:-change-me}' },
    {
      title: 'an API key in a header of its own',
      yaml: "header: X-API-Key\nscheme: ''\ntoken: ${env:API_KEY:-change-me}",
    },
  ],
  *check(config, info) {
    const given = ORIGINS.filter((key) => config[key] !== undefined)
    if (given.length === 0)
      yield { path: [], message: 'needs a token', suggestion: 'token: ${env:COLLECTOR_TOKEN}, or filename: …' }
    for (const key of given.slice(1)) yield { path: [key], message: `'${given[0]}' gives the token already` }
    if (config.tokens?.length === 0) yield { path: ['tokens'], message: 'the list is empty' }
    if (config.filename === undefined) return
    try {
      fromFile(config.filename, info.folder)
    } catch (error) {
      yield { path: ['filename'], message: (error as Error).message }
    }
  },
  create(ctx, config) {
    const header = config.header.toLowerCase()
    const prefix = config.scheme === '' ? '' : `${config.scheme} `
    let tokens = tokensOf(config, ctx.folder)
    let digests = tokens.map(digest)
    let stop: (() => void) | undefined

    const readAgain = (): void => {
      try {
        const read = tokensOf(config, ctx.folder)
        if (read.join('\n') === tokens.join('\n')) return
        tokens = read
        digests = tokens.map(digest)
        ctx.log.info('the tokens were read anew', { tokens: tokens.length })
        ctx.status.report('ok')
      } catch (error) {
        ctx.status.report('degraded', `the tokens stay as they are: ${(error as Error).message}`)
      }
    }
    const refusal = (headers: AuthHeaders): string | undefined => {
      const value = headers[header]
      if (typeof value !== 'string' || value === '') return `the header ${config.header} is missing`
      if (value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase())
        return `the header ${config.header} does not begin with "${config.scheme}"`
      return isAmong(digests, value.slice(prefix.length).trim()) ? undefined : 'the token is not known here'
    }
    const face: ServerAuthenticator & ClientAuthenticator = {
      refusal,
      challenge: config.scheme === '' ? 'Bearer' : config.scheme,
      clientHeaders: () => ({ [header]: `${prefix}${tokens[0]}` }),
    }
    return {
      face,
      start() {
        if (config.filename !== undefined) stop = ctx.clock.every(READ_AGAIN_MS, readAgain)
        ctx.status.report('ok')
      },
      stop() {
        stop?.()
      },
    }
  },
})
