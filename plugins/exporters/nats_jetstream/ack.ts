/** What a stream answered: undefined = stored. */
import { CollectorError } from 'seneca-collector'

export type AckResult = CollectorError | undefined

interface PubAck {
  readonly stream?: string
  readonly error?: { readonly code?: number; readonly err_code?: number; readonly description?: string }
}

/** The message is larger than the stream allows. */
const STREAM_MESSAGE_TOO_LARGE = 10_054
const NO_RESPONDERS = 503

const storedBy = new Map<string, Buffer>()

/** The common answer is told by its first bytes. */
const isPlainAck = (payload: Buffer, stream: string): boolean => {
  let head = storedBy.get(stream)
  if (head === undefined) {
    head = Buffer.from(`{"stream":${JSON.stringify(stream)},`)
    if (storedBy.size < 100) storedBy.set(stream, head)
  }
  return payload.length > head.length && payload.compare(head, 0, head.length, 0, head.length) === 0
}

export const readAck = (payload: Buffer, status: number, stream: string): AckResult => {
  if (isPlainAck(payload, stream)) return undefined
  if (status === NO_RESPONDERS) {
    return new CollectorError(
      'not_found',
      `no stream takes the subject: is stream ${stream} there, with this subject?`,
      { retryable: true },
    )
  }
  let ack: PubAck
  try {
    ack = JSON.parse(payload.toString()) as PubAck
  } catch {
    return new CollectorError('rejected', `an answer that cannot be read (status ${status})`, { retryable: true })
  }
  if (ack.error !== undefined) {
    const { code = 0, err_code: errCode = 0, description = 'no reason given' } = ack.error
    if (errCode === STREAM_MESSAGE_TOO_LARGE) return new CollectorError('too_large', `stream ${stream}: ${description}`)
    const isPermanent = code >= 400 && code < 500 && code !== 404 && code !== 408 && code !== 429
    return new CollectorError('rejected', `stream ${stream}: ${description} (${errCode})`, { retryable: !isPermanent })
  }
  if (ack.stream === stream) return undefined
  return new CollectorError('rejected', `stream ${ack.stream} took the subject, not ${stream}`, { retryable: true })
}
