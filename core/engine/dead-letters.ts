/**
 * What could not be delivered, kept with the reason. A letter is a batch, or the refused part of one, as it was when it
 * failed; keeping it settles it. When the disk does not take it, that is tried again: a record is never lost because its
 * dead letter could not be written.
 *
 *   payload of a letter = head_length(u32 LE) head(JSON) batch(`stored`)        its meta is the pipeline
 */
import type { DeadLetterOptions } from '../config/types.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import { decode } from '../model/index.ts'
import type { Batch } from '../model/types.ts'
import { frameBytes, type DiskLog, type Frame } from '../storage/index.ts'
import { createAilment, createDiskAilments } from './ailment.ts'
import type { Core } from './core.ts'
import { signalOfPipeline } from './disk-backlog.ts'
import { cancelled } from './gate.ts'
import type { Instance } from './instance.ts'

/** What a letter says of itself. */
export interface LetterHead {
  readonly reason: string
  readonly code: string
  readonly attempts: number
  /** `exporter/otlp_http`. */
  readonly component: string
  readonly pipeline: string
  /** Of the configuration that was in effect. */
  readonly generation: number
  /** ISO time. */
  readonly time: string
}

export interface Letter {
  readonly head: LetterHead
  readonly batch: Batch
}

export const encodeLetter = (head: LetterHead, batch: Batch): readonly Uint8Array[] => {
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return [length, text, ...batch.encode('stored')]
}

/** Throws `invalid_data` when it cannot be understood. */
export const decodeLetter = ({ meta, payload }: Frame): Letter => {
  const length = payload.length < 4 ? 0 : payload.readUInt32LE(0)
  const head = headIn(payload.subarray(4, 4 + length))
  return { head, batch: decode(signalOfPipeline(meta), 'stored', payload.subarray(4 + length)) }
}

const headIn = (bytes: Buffer): LetterHead => {
  try {
    const head = JSON.parse(bytes.toString('utf8')) as unknown
    if (typeof head === 'object' && head !== null) return head as LetterHead
  } catch {
    // Told below.
  }
  throw new CollectorError('invalid_data', 'a dead letter cannot be read: what it says of itself is no JSON object')
}

export interface DeadLetters {
  open(): Promise<void>
  /** False when there is no room for it by its own limit; rejects when waiting for the disk was given up. */
  keep(
    batch: Batch,
    why: { readonly error: CollectorError; readonly attempts: number; readonly pipeline: string },
    signal: AbortSignal,
  ): Promise<boolean>
  readonly log: DiskLog | undefined
  /** Nothing is kept any more. */
  close(): Promise<void>
}

/** Files may take this many times what the letters in them may: a file goes when its last letter does. */
const FILES_SHARE = 2
const AGAIN_FIRST_MS = 1_000
const CANNOT_KEEP = 'cannot keep a dead letter, will try again'
const AGAIN_MOST_MS = 30_000
/** Longest reason that is kept. */
const REASON_LENGTH_MOST = 2_000

/** The records an error speaks of. */
export const refusedOf = (batch: Batch, error: CollectorError): Batch => {
  if (!(error instanceof PartialError)) return batch
  const indexes = new Set(error.indexes)
  return batch.filter((_record, index) => indexes.has(index))
}

const createRoom = (core: Core, instance: Instance, { maxBytes }: DeadLetterOptions) => {
  const fullness = createAilment(core, instance, 'there is room for dead letters again')
  return {
    async has(log: DiskLog, bytes: number): Promise<boolean> {
      if (maxBytes === 0) return true
      if (log.bytes + bytes > maxBytes * FILES_SHARE) await log.seal()
      const fits = log.waitingBytes + bytes <= maxBytes && log.bytes + bytes <= maxBytes * FILES_SHARE
      if (fits) fullness.well()
      else fullness.found(`its dead letters are full (max_bytes: ${maxBytes}): what is refused for good is dropped`)
      return fits
    },
    look(log: DiskLog): void {
      if (log.waitingBytes < maxBytes) fullness.well()
    },
    close: () => fullness.close(),
  }
}

export const createDeadLetters = (core: Core, instance: Instance, options: DeadLetterOptions): DeadLetters => {
  const { env, storehouse, current } = core
  let log: DiskLog | undefined
  const ailments = createDiskAilments(core, instance)
  const room = createRoom(core, instance, options)
  const headOf = (error: CollectorError, attempts: number, pipeline: string): LetterHead => ({
    reason: error.message.slice(0, REASON_LENGTH_MOST),
    code: error.code,
    attempts,
    component: instance.key,
    pipeline,
    generation: current.generation,
    time: new Date(env.clock.now()).toISOString(),
  })
  return {
    get log() {
      return log
    },
    async close() {
      const closing = log
      log = undefined
      ailments.close()
      room.close()
      if (closing) await storehouse.release(closing)
    },
    async open() {
      log = await storehouse.open('dead_letters', instance.key, options.storage, {
        trouble: (what, error) =>
          instance.trouble(`dead letters: ${what}`, CollectorError.from(error, 'storage_failed')),
        lost: (_meta, { records }) =>
          instance.trouble(
            'lost dead letters',
            new CollectorError('storage_failed', `${records} records were damaged`),
          ),
        ailing: (what, error) => ailments.ailing(what, error),
        freed: () => log && room.look(log),
      })
    },
    async keep(batch, { error, attempts, pipeline }, signal) {
      if (!log) return false
      const meta = pipeline
      const payload = encodeLetter(headOf(error, attempts, pipeline), batch)
      for (let wait = AGAIN_FIRST_MS; ; wait = Math.min(AGAIN_MOST_MS, wait * 2)) {
        if (!(await room.has(log, frameBytes(meta, payload)))) return false
        try {
          await log.append({ meta, records: batch.count, payload })
          ailments.ailing(CANNOT_KEEP, undefined)
          return true
        } catch (thrown) {
          const failure = CollectorError.from(thrown, 'storage_failed')
          if (!failure.retryable) return false
          ailments.ailing(CANNOT_KEEP, failure)
          await env.clock.sleep(wait, signal).catch(() => {
            throw cancelled(signal)
          })
        }
      }
    },
  }
}
