/** One call on one connection: a stream out, an answer back. */
import { constants } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { codeOfHttpStatus, codeOfReset } from './codes.ts'
import { Gathering } from './frame.ts'
import type { Message } from './frame.ts'
import { GrpcError, statusOf } from './status.ts'

export interface Exchanged {
  readonly headers: IncomingHttpHeaders
  readonly message: Message
}

interface Line {
  readonly session: ClientHttp2Session
  /** Why the connection broke, when it did. */
  readonly failure: Error | undefined
}

interface Received {
  headers: IncomingHttpHeaders | undefined
  trailers: IncomingHttpHeaders | undefined
  error: Error | undefined
}

const said = (error: Error): string =>
  error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message

/** The certificate is wrong: nothing that passes by itself. */
const isTrustProblem = (error: Error | undefined): boolean =>
  /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test((error as NodeJS.ErrnoException | undefined)?.code ?? '')

const broken = (line: Line, origin: string, error: Error | undefined, reset: number): GrpcError => {
  // A stream that never opened carries the connection's error as its cause.
  const reason = line.failure ?? (error?.cause instanceof Error ? error.cause : error)
  if (isTrustProblem(reason))
    return new GrpcError({ code: 'FAILED_PRECONDITION', message: `${origin}: ${said(reason as Error)}` }, reason)
  const why = reason === undefined ? `the stream was reset (${reset})` : said(reason)
  return new GrpcError({ code: codeOfReset(reset), message: `${origin}: ${why}` }, reason)
}

const isGrpcType = (headers: IncomingHttpHeaders): boolean =>
  headers['content-type']?.startsWith('application/grpc') === true

/** What the trailers, or what is there instead of them, say. */
const settle = (line: Line, origin: string, received: Received, reset: number, body: Gathering): Exchanged => {
  const { headers, trailers, error } = received
  const status = statusOf(trailers ?? {}) ?? (headers === undefined ? undefined : statusOf(headers))
  if (status !== undefined && status.code !== 'OK')
    throw new GrpcError({ ...status, message: `${origin} answered ${status.code}: ${status.message}` })
  if (headers !== undefined && status === undefined) {
    const http = Number(headers[':status'])
    if (http !== 200 || !isGrpcType(headers)) {
      const type = headers['content-type'] ?? 'nothing'
      const message = `${origin} answered HTTP ${http} with ${type}: is it a gRPC server?`
      throw new GrpcError({ code: http === 200 ? 'UNKNOWN' : codeOfHttpStatus(http), message })
    }
  }
  if (headers === undefined || status === undefined) throw broken(line, origin, error, reset)
  const message = body.finish()
  if (message === undefined) throw new GrpcError({ code: 'INTERNAL', message: `${origin}: OK without an answer` })
  return { headers, message }
}

const isUnseen = (line: Line, stream: ClientHttp2Stream, received: Received): boolean =>
  received.headers === undefined &&
  (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ||
    ['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_OUT_OF_STREAMS'].includes(
      (received.error as NodeJS.ErrnoException | undefined)?.code ?? '',
    )) &&
  line.failure === undefined

/**
 * Resolves with the answer, or 'unseen' when the peer never looked at the call, so that it may be made again. Rejects with
 * a `GrpcError`, or `signal.reason`.
 */
export const exchange = async (
  line: Line,
  origin: string,
  headers: OutgoingHttpHeaders,
  frames: readonly Uint8Array[],
  maxAnswerBytes: number,
  signal: AbortSignal,
): Promise<Exchanged | 'unseen'> => {
  let stream: ClientHttp2Stream
  try {
    stream = line.session.request(headers, { endStream: false })
  } catch (error) {
    // The session went away since it was looked at; nothing was sent.
    if (/^ERR_HTTP2_(INVALID_SESSION|GOAWAY_SESSION|OUT_OF_STREAMS)$/.test((error as NodeJS.ErrnoException).code ?? ''))
      return 'unseen'
    throw new GrpcError({ code: 'INTERNAL', message: `${origin}: ${said(error as Error)}` }, error)
  }
  const answer = answerOf(line, origin, stream, maxAnswerBytes, signal)
  stream.cork()
  for (const frame of frames) stream.write(frame)
  stream.end()
  return answer
}

/** Apart from what is sent, so that the listeners of a stream, which live long, do not keep that. */
const answerOf = (
  line: Line,
  origin: string,
  stream: ClientHttp2Stream,
  maxAnswerBytes: number,
  signal: AbortSignal,
): Promise<Exchanged | 'unseen'> =>
  new Promise((resolve, reject) => {
    const received: Received = { headers: undefined, trailers: undefined, error: undefined }
    const body = new Gathering(maxAnswerBytes)
    const giveUp = (): void => {
      reject(signal.reason as Error)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    let isGrpc = false
    const take = (chunk: Buffer): void => {
      try {
        body.push(chunk)
      } catch (error) {
        reject(error as Error)
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }
    // Over a stream of JavaScript's (a tunnel) data may be told of before the headers that came first.
    const early: Buffer[] = []
    stream.on('response', (answered) => {
      received.headers = answered
      isGrpc = answered[':status'] === 200 && isGrpcType(answered)
      for (const chunk of early.splice(0)) if (isGrpc) take(chunk)
    })
    stream.on('trailers', (sent) => void (received.trailers = sent))
    stream.on('error', (error) => void (received.error = error))
    stream.on('data', (chunk: Buffer) => {
      if (received.headers === undefined) early.push(chunk)
      else if (isGrpc) take(chunk)
    })
    stream.once('close', () => {
      signal.removeEventListener('abort', giveUp)
      if (isUnseen(line, stream, received)) return resolve('unseen')
      try {
        resolve(settle(line, origin, received, stream.rstCode ?? 0, body))
      } catch (error) {
        reject(error as Error)
      }
    })
  })
