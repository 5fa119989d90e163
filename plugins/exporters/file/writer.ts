/**
 * Writes one batch after the other: leaves out what has been written, rotates where due, writes, notes it in the
 * journal. A batch is acknowledged when all of that is done. What the disk refuses is retryable and leaves no trace.
 */
import { CollectorError, type Batch, type Clock, type Logger } from 'seneca-collector'
import { backupPath, removeOldBackups } from './backups.ts'
import { createEncode, sizeOf } from './encoding.ts'
import { Journal } from './journal.ts'
import type { Options } from './options.ts'
import { Output } from './output.ts'
import { openOutput } from './recovery.ts'
import { Seen } from './seen.ts'

const MEGABYTE = 1024 * 1024
/** How often it is checked whether somebody else has moved or emptied the file. */
const LOOK_EVERY_MS = 1_000

export interface WriterSetup {
  readonly path: string
  readonly options: Options
  readonly journalPath: string
  readonly clock: Clock
  readonly log: Logger
}

export class Writer {
  readonly #setup: WriterSetup
  readonly #encode: ReturnType<typeof createEncode>
  readonly #seen = new Seen()
  readonly #journal: Journal
  readonly counts = { bytes: 0, rotations: 0, duplicates: 0 }
  #output: Output | undefined
  #openedAt = 0
  #lookedAt = 0
  #isSynced = true
  #turn: Promise<unknown> = Promise.resolve()

  constructor(setup: WriterSetup) {
    this.#setup = setup
    this.#encode = createEncode(setup.options)
    this.#journal = new Journal(setup.journalPath)
  }

  get end(): number {
    return this.#output?.end ?? 0
  }

  async open(): Promise<void> {
    const { path, options, journalPath, log, clock } = this.#setup
    this.#output = await openOutput(path, options, journalPath, this.#journal, this.#seen, log)
    this.#openedAt = clock.now()
    this.#lookedAt = clock.monotonic()
  }

  /** One after the other, also when calls overlap. */
  write(batch: Batch): Promise<void> {
    return this.#inTurn(() => this.#writeNow(batch))
  }

  sync(): Promise<void> {
    return this.#inTurn(() => this.#syncNow())
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#setup.options.sync !== 'none') await this.#syncNow()
      await this.#output?.close()
      await this.#journal.close()
      this.#output = undefined
    })
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task, task)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #writeNow(batch: Batch): Promise<void> {
    const fresh = this.#seen.withoutKnown(batch)
    this.counts.duplicates += batch.count - fresh.count
    if (fresh.count === 0) return
    const pieces = await this.#encode(fresh)
    const size = sizeOf(pieces)
    try {
      const output = await this.#ready(size)
      await output.append(pieces)
      if (output.isRegular) await this.#note(output, fresh, output.end - size)
    } catch (error) {
      throw refusal(error, this.#setup.path)
    }
    this.counts.bytes += size
  }

  /** The journal, before the acknowledgement. What it cannot take was not written. */
  async #note(output: Output, batch: Batch, before: number): Promise<void> {
    const additions = this.#seen.additionsOf(batch)
    try {
      if (this.#setup.options.sync === 'batch') await output.sync()
      await this.#journal.written(output.end, additions)
      if (this.#setup.options.sync === 'batch') await this.#journal.sync()
    } catch (error) {
      await output.cutTo(before)
      throw error
    }
    this.#isSynced = false
    this.#seen.add(additions)
    if (this.#journal.isLarge) await this.#snapshot(output)
  }

  #snapshot(output: Output): Promise<void> {
    const { origins, ids } = this.#seen
    const sync = this.#setup.options.sync !== 'none'
    return this.#journal.snapshot({ file: output.identity, end: output.end, origins, ids }, sync)
  }

  async #syncNow(): Promise<void> {
    if (this.#isSynced || this.#output === undefined) return
    this.#isSynced = true
    await this.#output.sync()
    await this.#journal.sync()
  }

  /** The output with room for so many bytes more. */
  async #ready(size: number): Promise<Output> {
    const { clock, options } = this.#setup
    if (this.#output === undefined) throw new CollectorError('stopping', 'the file is closed', { retryable: true })
    if (!this.#output.isRegular) return this.#output
    const now = clock.monotonic()
    if (now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now
      await this.#lookAgain(this.#output)
    }
    if (options.rotation !== undefined && this.#isDue(options.rotation, this.#output.end, size))
      await this.#rotate(options.rotation)
    return this.#output
  }

  #isDue(rotation: NonNullable<Options['rotation']>, end: number, size: number): boolean {
    if (end === 0) return false
    const isLarge = rotation.max_megabytes > 0 && end + size > rotation.max_megabytes * MEGABYTE
    return isLarge || (rotation.interval > 0 && this.#setup.clock.now() - this.#openedAt >= rotation.interval)
  }

  async #rotate(rotation: NonNullable<Options['rotation']>): Promise<void> {
    const { path, clock, log } = this.#setup
    const old = this.#output
    if (old === undefined) return
    await this.#syncNow()
    const backup = await backupPath(path, clock.now(), rotation.localtime)
    await this.#journal.rotating(backup)
    this.#output = await old.moveTo(backup)
    await this.#begin(this.#output)
    this.counts.rotations++
    await removeOldBackups(path, rotation, clock.now()).catch((error: unknown) =>
      log.warn('old files could not be removed', { path, reason: String(error) }),
    )
  }

  async #begin(output: Output): Promise<void> {
    this.#openedAt = this.#setup.clock.now()
    await this.#snapshot(output)
  }

  /** Somebody else has moved the file away or emptied it (logrotate): go on in what has its name now. */
  async #lookAgain(output: Output): Promise<void> {
    if (await output.isInPlace()) return
    const next = await Output.open(this.#setup.path)
    await output.close()
    this.#output = next
    await this.#begin(next)
  }
}

const refusal = (error: unknown, path: string): CollectorError => {
  if (error instanceof CollectorError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new CollectorError('unavailable', `${path} cannot be written: ${reason}`, { retryable: true, cause: error })
}
