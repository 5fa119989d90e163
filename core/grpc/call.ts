/** One call at the server: from its headers to its trailers. */
import { decompress } from '../http/decompression.ts'
import type { Decompression } from '../http/decompression.ts'
import type { Exchange } from '../http/http2/exchange.ts'
import type { Fields } from '../http/http2/fields.ts'
import { encodeFields } from '../http/http2/hpack-encoder.ts'
import { FIELD_BYTES, FIELDS_MOST } from '../http/http2/limits.ts'
import { CollectorError } from '../kit/errors.ts'
import { frameOf, Gathering } from './frame.ts'
import type { Message } from './frame.ts'
import type { GrpcRefusal, GrpcServerOptions } from './server.ts'
import { GrpcError, statusTrailers } from './status.ts'
import type { GrpcStatus } from './status.ts'
import { parseTimeout } from './timeout.ts'

/** What a peer is told when the budget of bytes is used up. */
const BUSY_RETRY_MS = 1_000

const TYPE = ['content-type', 'application/grpc'] as const
const HEADERS = encodeFields([[':status', '200'], TYPE])
const OK = encodeFields([['grpc-status', '0']])

export interface Call {
  /** When its headers came; infinity once its message is there. */
  readonly since: number
  tooSlow(): void
}

/** All of an answer without a message: headers and trailers in one. */
const trailersOnly = (
  status: GrpcStatus,
  http: number = 200,
  more: readonly (readonly [string, string])[] = [],
): Buffer => encodeFields([[':status', String(http)], TYPE, ...more, ...Object.entries(statusTrailers(status))])

const end = (exchange: Exchange, status: GrpcStatus): void => exchange.answer(trailersOnly(status))

const answer = (exchange: Exchange, message: Uint8Array): void =>
  exchange.answer(HEADERS, frameOf([message], false), OK)

const statusOfError = (thrown: unknown): GrpcStatus => {
  if (thrown instanceof GrpcError)
    return { code: thrown.status, message: thrown.message, retryAfterMs: thrown.retryAfterMs }
  const { message } = CollectorError.from(thrown)
  return { code: 'INTERNAL', message }
}

/** Refused before anything is read; undefined when the call is in order. */
const refusalOf = (
  { fields: headers, isTooLarge }: Exchange,
  options: GrpcServerOptions,
): { readonly why: GrpcRefusal; readonly http: number; readonly status: GrpcStatus } | undefined => {
  if (isTooLarge) {
    const message = `the metadata of a call is larger than ${FIELD_BYTES} bytes, or more than ${FIELDS_MOST} fields`
    return { why: 'too_large', http: 431, status: { code: 'RESOURCE_EXHAUSTED', message } }
  }
  const path = headers[':path'] ?? ''
  const type = headers['content-type'] ?? ''
  if (headers[':method'] !== 'POST' || (type !== 'application/grpc' && !/^application\/grpc(\+proto|;)/.test(type))) {
    const message = `${headers[':method']} ${path} with content-type ${type === '' ? 'nothing' : type}: this port takes gRPC calls, application/grpc`
    return { why: 'content_type', http: 415, status: { code: 'UNKNOWN', message } }
  }
  if (!options.methods.has(path)) {
    const message = `there is no method ${path}; there is ${[...options.methods.keys()].join(', ')}`
    return { why: 'unknown_path', http: 200, status: { code: 'UNIMPLEMENTED', message } }
  }
  const encoding = headers['grpc-encoding'] ?? 'identity'
  if (encoding !== 'identity' && !options.encodings.includes(encoding as Decompression)) {
    const message = `grpc-encoding ${String(encoding)} is not taken; use ${options.encodings.join(', ')} or identity`
    return { why: 'encoding', http: 200, status: { code: 'UNIMPLEMENTED', message } }
  }
  if (parseTimeout(headers['grpc-timeout']) === null) {
    const message = `grpc-timeout "${String(headers['grpc-timeout'])}" is malformed`
    return { why: 'malformed', http: 200, status: { code: 'INVALID_ARGUMENT', message } }
  }
  return undefined
}

const refuse = (
  exchange: Exchange,
  options: GrpcServerOptions,
  { why, http, status }: { readonly why: GrpcRefusal; readonly http: number; readonly status: GrpcStatus },
): void => {
  options.onRefused(why, status.message)
  const accept =
    why === 'encoding' ? [['grpc-accept-encoding', ['identity', ...options.encodings].join(',')] as const] : []
  exchange.answer(trailersOnly(status, http, accept))
}

const bytesOf = (message: Message, headers: Fields, options: GrpcServerOptions): Buffer | Promise<Buffer> => {
  if (!message.isCompressed) return message.bytes
  const encoding = headers['grpc-encoding'] ?? 'identity'
  if (encoding === 'identity')
    throw new GrpcError({ code: 'INTERNAL', message: 'the message is compressed, but grpc-encoding names nothing' })
  return decompress(message.bytes, encoding as Decompression, options.maxMessageBytes)
}

const inGrpc = (thrown: unknown): unknown => {
  if (!(thrown instanceof CollectorError) || thrown instanceof GrpcError) return thrown
  if (thrown.code === 'too_large') return new GrpcError({ code: 'RESOURCE_EXHAUSTED', message: thrown.message }, thrown)
  if (thrown.code === 'invalid_data')
    return new GrpcError({ code: 'INVALID_ARGUMENT', message: thrown.message }, thrown)
  return thrown
}

const busy = (): GrpcError =>
  new GrpcError({
    code: 'RESOURCE_EXHAUSTED',
    message: 'as many bytes of requests are under way as may be; come again',
    retryAfterMs: BUSY_RETRY_MS,
  })

/** Why a message was refused, as a label; what a method says about it is its own affair. */
const whyOf = (error: unknown): GrpcRefusal => {
  if (!(error instanceof GrpcError) || error.status !== 'RESOURCE_EXHAUSTED') return 'malformed'
  return error.retryAfterMs === undefined ? 'too_large' : 'busy'
}

export const answerCall = (exchange: Exchange, options: GrpcServerOptions, calls: Set<Call>): void => {
  const wrong = refusalOf(exchange, options)
  if (wrong !== undefined) return refuse(exchange, options, wrong)
  const refusal = options.auth?.refusal(exchange.fields)
  if (refusal === undefined) return receive(exchange, options, calls)
  const judge = (reason: string | undefined): void => {
    if (exchange.isOver) return
    if (reason === undefined) return receive(exchange, options, calls)
    refuse(exchange, options, {
      why: 'unauthenticated',
      http: 200,
      status: { code: 'UNAUTHENTICATED', message: reason },
    })
  }
  if (typeof refusal === 'string') return judge(refusal)
  void refusal.then(judge, (error: unknown) => end(exchange, statusOfError(error)))
}

interface OpenCall {
  /** Its message has come: it is the method's now. */
  isRunning: boolean
  /** Throws when the budget has no room. */
  take(bytes: number): void
  run(message: Message): Promise<void>
  fail(error: unknown, why: GrpcRefusal): void
  /** The caller has gone: nothing of it is kept, but what a method still works on. */
  leave(): void
}

const openCall = (exchange: Exchange, options: GrpcServerOptions, calls: Set<Call>): OpenCall => {
  const headers = exchange.fields
  const { clock, budget } = options
  const controller = new AbortController()
  const timeoutMs = parseTimeout(headers['grpc-timeout'])
  let taken = 0
  let isOver = false
  const pastDeadline = (): void => {
    const error = new GrpcError({ code: 'DEADLINE_EXCEEDED', message: 'the deadline of the call has passed' })
    controller.abort(error)
    end(exchange, { code: error.status, message: error.message })
  }
  const cancelDeadline = typeof timeoutMs === 'number' ? clock.after(timeoutMs, pastDeadline) : undefined
  const tooSlow = (): void =>
    opened.fail(new GrpcError({ code: 'DEADLINE_EXCEEDED', message: 'the message took too long to come' }), 'slow')
  const call: Call & { since: number } = { since: clock.monotonic(), tooSlow }
  const done = (): void => {
    if (isOver) return
    isOver = true
    calls.delete(call)
    cancelDeadline?.()
    budget.give(taken)
  }
  calls.add(call)
  const opened: OpenCall = {
    isRunning: false,
    take(bytes) {
      if (!budget.take(bytes)) throw busy()
      taken += bytes
    },
    async run(message) {
      opened.isRunning = true
      call.since = Number.POSITIVE_INFINITY
      try {
        const plain = bytesOf(message, headers, options)
        const bytes = plain instanceof Buffer ? plain : await plain
        if (message.isCompressed) opened.take(bytes.length)
        try {
          const method = options.methods.get(headers[':path'] as string)!
          answer(exchange, await method(bytes, { headers, signal: controller.signal }))
        } catch (error) {
          end(exchange, statusOfError(error))
        }
        done()
      } catch (error) {
        const told = inGrpc(error)
        opened.fail(told, whyOf(told))
      }
    },
    fail(error, why) {
      const status = statusOfError(inGrpc(error))
      options.onRefused(why, status.message)
      end(exchange, status)
      done()
    },
    leave() {
      if (isOver) return
      controller.abort(new CollectorError('cancelled', 'the caller has gone', { retryable: true }))
      if (!opened.isRunning) done()
    },
  }
  return opened
}

const receive = (exchange: Exchange, options: GrpcServerOptions, calls: Set<Call>): void => {
  const call = openCall(exchange, options, calls)
  const body = new Gathering(options.maxMessageBytes)
  exchange.read({
    data(piece, coming) {
      try {
        call.take(piece.length)
        body.push(piece, coming)
      } catch (error) {
        call.fail(error, whyOf(error))
      }
    },
    end() {
      try {
        const message = body.finish()
        if (message === undefined) throw new GrpcError({ code: 'INTERNAL', message: 'the call has no message' })
        void call.run(message)
      } catch (error) {
        call.fail(error, 'malformed')
      }
    },
    gone: () => call.leave(),
  })
}
