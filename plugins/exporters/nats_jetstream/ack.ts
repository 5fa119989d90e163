/**
 * What a stream answered: undefined = stored. The common answer is told by its first bytes: `seq` follows `stream`, and
 * errors begin otherwise.
 */
import { CollectorError } from 'seneca-collector'

export type AckResult = CollectorError | undefined

interface PubAck {
  readonly stream?: string
  readonly error?: { readonly code?: number; readonly err_code?: number; readonly description?: string }
}

/** The message is larger than the stream allows. */
const STREAM_MESSAGE_TOO_LARGE = 10_054
const NO_RESPONDERS = 503

/** How the common answer of a stream begins. */
export const plainAckOf = (stream: string): Buffer => Buffer.from(`{"stream":${JSON.stringify(stream)},`)

export const readAck = (payload: Buffer, status: number, stream: string): AckResult => {
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
