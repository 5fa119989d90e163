/**
 * OTLP over HTTP/1.1. What costs time per request is kept small: no work per record, the body's pieces joined once, one
 * decode, the usual answer made beforehand.
 *
 * Bounds: what the server has (connections, header bytes, time), body bytes (sent and decompressed), bytes of all requests
 * together.
 */
import { CollectorError } from 'seneca-collector'
import { Body, createHttp1Server, decompress } from 'seneca-collector/http'
import type {
  ByteBudget,
  Exchange,
  Http1Server,
  ServerAuthenticator,
  Spoken,
  TlsServerOptions,
} from 'seneca-collector/http'
import { answerPartial, answerRefused, answerTaken } from './http-answer.ts'
import type { Common, Refusal } from './http-answer.ts'
import { formatOf, readHead } from './http-request.ts'
import type { Head, Rules } from './http-request.ts'
import { preflight, shared } from './cors.ts'
import type { Cors } from './cors.ts'
import type { Intake, Outcome } from './intake.ts'

const BUSY_MS = 1_000

export interface HttpServerOptions {
  readonly rules: Rules
  readonly intake: Intake
  readonly budget: ByteBudget
  readonly auth: ServerAuthenticator | undefined
  readonly tls: TlsServerOptions | undefined
  readonly cors: Cors | undefined
  readonly headers: Common
  readonly maxConnections: number
  readonly isKeepAlive: boolean
  readonly idleMs: number
  readonly headerMs: number
  readonly requestMs: number
  readonly explain: (spoken: Spoken) => string
  readonly onRefused: (reason: string, sentence: string) => void
}

const statuses = { bad: 400, failed: 500, busy: 429, down: 503 } as const

const commonOf = (options: HttpServerOptions, request: Exchange): Common => {
  const cross = options.cors === undefined ? [] : shared(request, options.cors)
  return cross.length === 0 ? options.headers : [...options.headers, ...cross]
}

const refuse = (options: HttpServerOptions, request: Exchange, refusal: Refusal): void =>
  request.answer(answerRefused(formatOf(request.headers['content-type']), refusal, commonOf(options, request)))

const answer = (options: HttpServerOptions, request: Exchange, { signal, format }: Head, outcome: Outcome): void => {
  const common = commonOf(options, request)
  if (outcome.kind === 'taken') {
    if (outcome.nothing !== undefined) options.onRefused('no_records', outcome.nothing)
    return request.answer(answerTaken(format, common))
  }
  if (outcome.kind === 'partial') return request.answer(answerPartial(signal, format, outcome, common))
  const { kind, message } = outcome
  options.onRefused(kind, message)
  const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined
  request.answer(answerRefused(format, { status: statuses[kind], message, retryAfterMs }, common))
}

const tooLarge = (most: number): Refusal => ({
  status: 413,
  message: `the body is larger than the ${most} bytes allowed`,
})
const busy: Refusal = {
  status: 429,
  message: 'as many bytes of requests are under way as may be; come again',
  retryAfterMs: BUSY_MS,
}

const refusalOf = (thrown: unknown): readonly [reason: string, refusal: Refusal] => {
  const { code, message } = CollectorError.from(thrown)
  return code === 'too_large' ? ['too_large', { status: 413, message }] : ['malformed', { status: 400, message }]
}

/** Reads the body, within every bound, and answers. */
const receive = (options: HttpServerOptions, request: Exchange, head: Head): void => {
  const { rules, budget, intake, onRefused } = options
  const body = new Body(request.length)
  let taken = 0
  let isOver = false
  /** What becomes of it is then `run`'s to say. */
  let isWhole = false
  const done = (): void => {
    isOver = true
    budget.give(taken)
    taken = 0
  }
  const fail = (reason: string, refusal: Refusal): void => {
    done()
    onRefused(reason, refusal.message)
    refuse(options, request, refusal)
  }
  const take = (bytes: number): boolean => {
    if (!budget.take(bytes)) return false
    taken += bytes
    return true
  }
  const run = async (): Promise<void> => {
    let bytes = body.whole()
    try {
      if (head.encoding !== undefined && bytes.length > 0) {
        const plain = decompress(bytes, head.encoding, rules.maxBytes)
        bytes = plain instanceof Buffer ? plain : await plain
        if (!take(bytes.length)) return fail('busy', busy)
      }
    } catch (error) {
      return fail(...refusalOf(error))
    }
    const outcome = await intake(head.signal, head.format, bytes, request.abort)
    done()
    answer(options, request, head, outcome)
  }
  request.read({
    room: () => body.room(),
    data(piece) {
      if (isOver) return
      if (!take(piece.length)) return fail('busy', busy)
      body.push(piece)
      if (body.size > rules.maxBytes) fail('too_large', tooLarge(rules.maxBytes))
    },
    end() {
      isWhole = true
      void run()
    },
    gone() {
      if (!isOver && !isWhole) done()
    },
  })
}

const challengeOf = (auth: ServerAuthenticator): readonly string[] => ['www-authenticate', auth.challenge ?? 'Bearer']

const serve = (options: HttpServerOptions, request: Exchange): void => {
  const { auth, cors, rules, onRefused } = options
  if (cors !== undefined && request.method === 'OPTIONS') return preflight(request, cors)
  const head = readHead(request, rules)
  if ('refusal' in head) {
    onRefused(head.reason, head.refusal.message)
    return refuse(options, request, head.refusal)
  }
  if (auth === undefined) return receive(options, request, head)
  const judge = (reason: string | undefined): void => {
    if (reason === undefined) return receive(options, request, head)
    onRefused('unauthenticated', reason)
    refuse(options, request, { status: 401, message: reason, headers: challengeOf(auth) })
  }
  const refusal = auth.refusal(request.headers)
  if (typeof refusal !== 'object') return judge(refusal)
  void refusal.then(judge, (error: unknown) => {
    const { message, retryAfterMs } = CollectorError.from(error)
    refuse(options, request, { status: 503, message, retryAfterMs })
  })
}

export const createHttpServer = (options: HttpServerOptions): Http1Server => {
  const { explain, onRefused } = options
  return createHttp1Server({
    ...options,
    onRequest: (request) => serve(options, request),
    onBroken(why, message, spoken) {
      const sentence = spoken === undefined ? message : explain(spoken)
      onRefused(why, sentence)
      return sentence
    },
    onFull: () => onRefused('busy', `${options.maxConnections} connections are open; one more was refused`),
    onTlsError(error) {
      const isPlain = error.code === 'ERR_SSL_HTTP_REQUEST'
      onRefused(
        isPlain ? 'wrong_protocol' : 'tls',
        isPlain ? explain('http1') : `a TLS handshake failed: ${error.message}`,
      )
    },
  })
}
