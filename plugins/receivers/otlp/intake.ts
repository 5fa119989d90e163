/**
 * From a request's bytes to its answer, the same for both protocols: decoded, handed on, and told as the OTLP
 * specification has it.
 *
 *   taken      all records are somebody's responsibility
 *   partial    some were refused for good: how many, and why; the sender must not send them again
 *   bad        all are refused for good
 *   busy       no room for now (queues, memory): come again
 *   down       what must take them is not there, or the collector stops: come again
 */
import { CollectorError, decode } from 'seneca-collector'
import type { Batch, Context, Receipt, Signal } from 'seneca-collector'
import { jsonFault } from './json-fault.ts'
import { nothingIn } from './nothing-in-it.ts'

export type Format = 'otlp_proto' | 'otlp_json'

export type Outcome =
  | { readonly kind: 'taken'; /** Why there was nothing to take, if that is odd. */ readonly nothing?: string }
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  | { readonly kind: 'bad' | 'failed'; readonly message: string }
  | { readonly kind: 'busy' | 'down'; readonly message: string; readonly retryAfterMs: number }

/** What a sender is asked to wait when nobody said how long. */
const BUSY_MS = 1_000
const DOWN_MS = 5_000

const TAKEN: Outcome = { kind: 'taken' }
const NEWLINE = 10
const RETURN = 13
const SPACE = 32

/** A request may span lines; no JSON text holds a line end inside a string, so that a space says the same. */
const onOneLine = (bytes: Buffer): Buffer => {
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) bytes[at] = SPACE
  for (let at = bytes.indexOf(RETURN); at >= 0; at = bytes.indexOf(RETURN, at + 1)) bytes[at] = SPACE
  return bytes
}

const busyCodes: ReadonlySet<string> = new Set(['queue_full', 'memory_limit'])
const badCodes: ReadonlySet<string> = new Set(['rejected', 'invalid_data', 'too_large'])

export const outcomeOf = (thrown: unknown): Outcome => {
  const { code, message, retryable, retryAfterMs } = CollectorError.from(thrown)
  if (!retryable) return { kind: badCodes.has(code) ? 'bad' : 'failed', message }
  if (busyCodes.has(code)) return { kind: 'busy', message, retryAfterMs: retryAfterMs ?? BUSY_MS }
  return { kind: 'down', message, retryAfterMs: retryAfterMs ?? DOWN_MS }
}

/** Broken JSON with the place; what is wrong with a field is told by its name. */
const placed = (thrown: unknown, format: Format, bytes: Buffer): unknown => {
  if (format !== 'otlp_json' || !(thrown instanceof CollectorError) || thrown.code !== 'invalid_data') return thrown
  const fault = jsonFault(bytes)
  if (fault === undefined) return thrown
  const what = fault === bytes.length ? 'it ends too early' : 'what stands there is no JSON'
  return new CollectorError('invalid_data', `OTLP/JSON: ${what}, at byte ${fault}`, { cause: thrown })
}

const settled = ({ refused, reason }: Receipt, batch: Batch): Outcome => {
  if (refused === 0) return TAKEN
  const message = reason ?? 'refused for good'
  if (refused >= batch.count) return { kind: 'bad', message }
  return { kind: 'partial', rejected: refused, message: `${refused} of ${batch.count} records: ${message}` }
}

const without = (nothing: string | undefined): Outcome => (nothing === undefined ? TAKEN : { kind: 'taken', nothing })

const batchOf = (signal: Signal, format: Format, bytes: Buffer): Batch => {
  try {
    return decode(signal, format, format === 'otlp_json' ? onOneLine(bytes) : bytes)
  } catch (error) {
    throw placed(error, format, bytes)
  }
}

export type Intake = (signal: Signal, format: Format, bytes: Buffer, abort: AbortSignal) => Promise<Outcome>

/** `bytes` belong to the batch from then on. Never rejects. */
export const createIntake =
  (ctx: Pick<Context, 'next'>): Intake =>
  async (signal, format, bytes, abort) => {
    try {
      if (bytes.length === 0)
        return format === 'otlp_proto'
          ? TAKEN
          : { kind: 'bad', message: 'OTLP/JSON: the body is empty; {} has no records' }
      const batch = batchOf(signal, format, bytes)
      if (batch.count === 0 && format === 'otlp_json') return without(nothingIn(bytes, signal))
      return settled(await ctx.next(batch, abort), batch)
    } catch (error) {
      return outcomeOf(error)
    }
  }
