/**
 * Follows files by byte offset. A pass looks for files, admits new ones and reads those that have changed; it runs every
 * `pollIntervalMs` (seldomer when a pass takes long: at most 5 % of the time is spent looking), and at once when the
 * system tells of a change. Per file one read is open at a time and waits for the consumer; at most 16 files are read at
 * once, so memory stays below 16 × the longest line. No line is held in memory while it waits for its end.
 */
import { join } from 'node:path'
import { DEFAULT_FINGERPRINT_BYTES, FileSet } from './file-set.ts'
import type { FollowedFile } from './followed-file.ts'
import { createProblems, type Problems } from './problems.ts'
import { Reader, type ReaderCounts } from './reader.ts'
import { createSlots } from './slots.ts'
import { splitterFor } from './split.ts'
import type { FilePosition, TailOptions, Tailer, TailStats } from './types.ts'
import { type FolderWatch, watchFolders } from './watch.ts'

const CONCURRENT_READS = 16
/** After a read the file is left alone for so long, so that a busy writer is read in larger pieces. */
const READ_GAP_MS = 4
/** A pass that took a millisecond is not repeated for so many. */
const PASS_REST = 20
const DEFAULT_POLL_MS = 200
const DEFAULT_CHUNK_BYTES = 256 * 1024
const DEFAULT_LINE_BYTES = 1024 * 1024

const readerFor = (options: TailOptions, problems: Problems, counts: ReaderCounts): Reader =>
  new Reader(
    {
      split: splitterFor(options.multiline),
      chunkBytes: options.chunkBytes ?? DEFAULT_CHUNK_BYTES,
      maxLineBytes: options.maxLineBytes ?? DEFAULT_LINE_BYTES,
      fingerprintBytes: options.fingerprintBytes ?? DEFAULT_FINGERPRINT_BYTES,
      onLongLine: options.onLongLine ?? 'truncate',
      mayFlush: options.mayFlush ?? (() => true),
      onChunk: options.onChunk,
      onProblem: (problem) => problems.tell(problem),
    },
    counts,
  )

/** The system refused something about one file; anything else is a failure of the consumer, or ours. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'

const notePartial = (file: FollowedFile, now: number, final: boolean): void => {
  if (file.partialSince === undefined || file.partialSize !== file.size) {
    file.partialSince = now
    file.partialSize = file.size
  } else if (final) {
    // It may not be handed on as it is: it waits until it has grown.
    file.partialSince = Infinity
  }
  if (final && file.deleted) file.abandoned = true
}

class FileTailer implements Tailer {
  readonly done: Promise<void>
  readonly #options: TailOptions
  readonly #once: boolean
  readonly #counts: ReaderCounts = { bytesRead: 0, linesTooLong: 0, truncations: 0 }
  readonly #problems: Problems
  readonly #reader: Reader
  readonly #files: FileSet
  readonly #slots = createSlots(CONCURRENT_READS)
  readonly #running = new Set<Promise<void>>()
  readonly #finished = Promise.withResolvers<void>()
  readonly #abort = new AbortController()
  #passing: Promise<void> | undefined
  #passAgain = false
  #cancelPoll: (() => void) | undefined
  #watch: FolderWatch | undefined

  constructor(options: TailOptions) {
    this.#options = options
    this.#once = options.once ?? false
    this.#problems = createProblems(options.onProblem)
    this.#reader = readerFor(options, this.#problems, this.#counts)
    this.#files = new FileSet(options, this.#problems)
    this.done = this.#finished.promise
    this.done.catch(() => undefined)
  }

  async start(): Promise<void> {
    if (this.#options.watch !== false && !this.#once) {
      this.#watch = watchFolders(
        (folder, name, created) => this.#onChange(folder, name, created),
        (path, error) =>
          this.#problems.tell({ kind: 'no_watch', path, message: `it is polled only: ${error.message}` }),
      )
    }
    await this.poll()
    if (this.#once) void this.#finish().catch((error: unknown) => this.#fail(error))
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#cancelPoll?.()
    this.#watch?.close()
    await this.#passing?.catch(() => undefined)
    await this.#finish()
  }

  poll(): Promise<void> {
    if (this.#passing !== undefined) {
      this.#passAgain = true
      return this.#passing
    }
    const { clock, pollIntervalMs = DEFAULT_POLL_MS } = this.#options
    const from = clock.monotonic()
    this.#passing = this.#passUntilQuiet().finally(() => {
      this.#passing = undefined
      this.#cancelPoll?.()
      if (this.#stopped || this.#once) return
      const rest = Math.max(pollIntervalMs, (clock.monotonic() - from) * PASS_REST)
      this.#cancelPoll = clock.after(rest, () => this.#pollSoon())
    })
    return this.#passing
  }

  positions(): FilePosition[] {
    return this.#files.positions
  }

  stats(): TailStats {
    return {
      ...this.#files.stats(),
      ...this.#counts,
      reading: this.#running.size,
      unreadable: this.#problems.unreadable,
    }
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted
  }

  #pollSoon(): void {
    this.poll().catch((error: unknown) => this.#fail(error))
  }

  #fail(error: unknown): void {
    this.#abort.abort()
    this.#cancelPoll?.()
    this.#watch?.close()
    this.#finished.reject(error)
  }

  async #finish(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    await this.#files.closeAll()
    this.#finished.resolve()
  }

  async #passUntilQuiet(): Promise<void> {
    do {
      this.#passAgain = false
      const changed = await this.#files.scan()
      if (this.#stopped) return
      this.#watch?.set(this.#files.folders)
      for (const file of changed) this.#wake(file, false)
      for (const file of this.#files.all) if (!file.busy && this.#isDueToFlush(file)) this.#wake(file, true)
      await this.#files.forgetGone()
    } while (this.#passAgain && !this.#stopped)
  }

  /** A deleted file will not be completed; another one has its time. */
  #isDueToFlush(file: FollowedFile): boolean {
    if (file.partialSince === undefined || file.abandoned) return false
    const { clock, flushAfterMs = 0 } = this.#options
    return file.deleted || (flushAfterMs > 0 && clock.monotonic() - file.partialSince >= flushAfterMs)
  }

  #onChange(folder: string, name: string, created: boolean): void {
    if (this.#stopped) return
    const file = this.#files.at(join(folder, name))
    if (file !== undefined && !created) this.#wake(file, false)
    else if (name === '' || created || this.#files.isWanted(join(folder, name))) this.#pollSoon()
  }

  #wake(file: FollowedFile, flush: boolean): void {
    if (this.#stopped) return
    file.dirty = file.busy
    if (file.busy) return
    file.busy = true
    const work = this.#slots(() => this.#readToEnd(file, flush))
      .catch((error: unknown) => this.#readFailed(file, error))
      .then(async () => {
        // Told of more while reading: a little later, so that a busy writer does not cost a read per line.
        if (file.dirty && !this.#stopped) this.#options.clock.after(READ_GAP_MS, () => this.#wake(file, false))
        file.busy = false
        await this.#files.trim()
      })
      .finally(() => this.#running.delete(work))
    this.#running.add(work)
  }

  async #readToEnd(file: FollowedFile, flush: boolean): Promise<void> {
    if (!(await this.#files.open(file))) return
    for (let final = flush || this.#once; !this.#stopped; final = this.#once) {
      const before = file.offset
      const result = await this.#reader.step(file, final)
      const now = this.#options.clock.monotonic()
      if (file.offset !== before) file.touched = now
      if (result === 'partial') notePartial(file, now, final)
      if (result !== 'more') return
    }
  }

  async #readFailed(file: FollowedFile, error: unknown): Promise<void> {
    if (!isSystemError(error)) return this.#fail(error)
    this.#problems.tell({ kind: 'unreadable', path: file.path, message: error.message })
    await this.#files.close(file)
  }
}

export const createTailer = (options: TailOptions): Tailer => new FileTailer(options)
