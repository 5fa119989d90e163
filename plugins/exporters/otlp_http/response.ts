/**
 * What an OTLP server answers, as far as delivery needs it (opentelemetry-proto, collector/logs/v1 and google.rpc):
 *
 *   ExportLogsServiceResponse { 1: ExportLogsPartialSuccess { 1: int64 rejected_log_records, 2: string error_message } }
 *   Status                    { 1: int32 code, 2: string message }
 *
 * Answers are small and come from strangers: unknown fields are skipped, and what cannot be read is as if it were empty.
 */
export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

const NONE: PartialSuccess = { rejected: 0, message: '' }

interface Fields {
  readonly ints: ReadonlyMap<number, bigint>
  readonly bytes: ReadonlyMap<number, Uint8Array>
}

/** One level of a protobuf message; undefined when it is broken. */
const readFields = (message: Uint8Array): Fields | undefined => {
  const ints = new Map<number, bigint>()
  const bytes = new Map<number, Uint8Array>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) throw new RangeError('truncated')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new RangeError('a varint is too long')
  }
  const skip = (length: number): Uint8Array => {
    if (length < 0 || at + length > message.length) throw new RangeError('truncated')
    at += length
    return message.subarray(at - length, at)
  }
  try {
    while (at < message.length) {
      const tag = Number(varint())
      const field = tag >>> 3
      switch (tag & 7) {
        case 0:
          ints.set(field, varint())
          break
        case 1:
          skip(8)
          break
        case 2:
          bytes.set(field, skip(Number(varint())))
          break
        case 5:
          skip(4)
          break
        default:
          return undefined
      }
    }
  } catch {
    return undefined
  }
  return { ints, bytes }
}

const text = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : new TextDecoder().decode(bytes))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const readJson = (body: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text(body))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const count = (value: unknown): number => {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}

const isJson = (contentType: string | undefined): boolean => contentType?.startsWith('application/json') === true

/** Records a server refused although it answered 200, and its words. */
export const partialSuccess = (body: Uint8Array, contentType: string | undefined): PartialSuccess => {
  if (body.length === 0) return NONE
  if (isJson(contentType)) {
    const partial = readJson(body)?.['partialSuccess']
    if (!isRecord(partial)) return NONE
    const message = partial['errorMessage']
    return { rejected: count(partial['rejectedLogRecords']), message: typeof message === 'string' ? message : '' }
  }
  const partial = readFields(body)?.bytes.get(1)
  const fields = partial === undefined ? undefined : readFields(partial)
  return fields === undefined ? NONE : { rejected: count(fields.ints.get(1) ?? 0n), message: text(fields.bytes.get(2)) }
}

/** The words of a refusal: the message of a google.rpc.Status, else the start of whatever came. */
export const statusMessage = (body: Uint8Array, contentType: string | undefined): string => {
  if (isJson(contentType)) {
    const message = readJson(body)?.['message']
    if (typeof message === 'string') return message
  }
  if (contentType?.startsWith('application/x-protobuf') === true) {
    const message = readFields(body)?.bytes.get(2)
    return message === undefined ? '' : text(message)
  }
  return text(body)
}
