/** The log files as one feed: lines of all of them, with positions to go on from. */
import { createTailer, entriesOf, type Chunk, type FilePosition, type TailStats } from 'seneca-collector/tail'
import type { Clock } from 'seneca-collector'
import { join } from 'node:path'
import { readLine } from './lines.ts'
import type { Sink } from './sink.ts'

/** Log lines of Marcus reach some hundred kilobytes (answers with instructions); beyond this they are cut. */
const LINE_BYTES_MAX = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

export interface FeedOptions {
  readonly logs: readonly string[]
  readonly data: readonly string[]
  readonly clock: Clock
  readonly once: boolean
  readonly startAt: 'beginning' | 'end'
  readonly positions: Iterable<FilePosition>
  readonly includeContent: boolean
  readonly pollIntervalMs: number
  /** Something was read; a promise holds reading up. */
  readonly onRead: () => void | Promise<void>
  readonly onProblem: (message: string) => void
}

export interface Feed {
  start(): Promise<void>
  stop(): Promise<void>
  /** All that is there now has been read. */
  caughtUp(): Promise<void>
  /** What has been read up to here is judged in the round that begins now. */
  seal(): void
  /** The positions of all that was sealed: to be saved when it has been judged. */
  positions(): FilePosition[]
  /** More is there, and is being read. */
  behind(): boolean
  stats(): TailStats
}

const globs = (logs: readonly string[], data: readonly string[]): string[] => [
  ...logs.flatMap((folder) => [
    join(folder, 'conversations', 'realtime_*.jsonl'),
    join(folder, 'conversations', 'conversations_*.jsonl'),
    join(folder, 'agent_events', 'agent_events_*.jsonl'),
    join(folder, '*.log'),
  ]),
  ...data.map((folder) => join(folder, 'audit_logs', 'audit_*.jsonl')),
]

/** A half-written last line stays behind for ever: no progress for so long, in real time, is the end. */
const STILL_MS = 150
/** Files that were just found may not have been opened yet. */
const QUIET_MS = 60

export const createFeed = (options: FeedOptions, sink: Sink): Feed => {
  const { clock } = options
  let read: Chunk[] = []
  let sealed: Chunk[] = []
  let progress = { bytes: 0, at: performance.now() }

  const onChunk = async (chunk: Chunk): Promise<void> => {
    const { path, truncated } = chunk
    for (const { bytes, offset } of entriesOf(chunk))
      readLine({ path, offset, bytes, truncated }, sink, options.includeContent)
    read.push(chunk)
    await options.onRead()
  }

  const tailer = createTailer({
    include: globs(options.logs, options.data),
    clock,
    startAt: options.startAt,
    positions: options.positions,
    once: options.once,
    pollIntervalMs: options.pollIntervalMs,
    maxLineBytes: LINE_BYTES_MAX,
    chunkBytes: CHUNK_BYTES,
    onChunk,
    onProblem: ({ path, message }) => options.onProblem(`${path}: ${message}`),
  })

  const caughtUp = async (): Promise<void> => {
    if (options.once) return tailer.done
    let since = performance.now()
    let before = -1
    for (;;) {
      const { bytesBehind, bytesRead } = tailer.stats()
      const quiet = performance.now() - since
      if (bytesRead !== before) since = performance.now()
      else if (quiet > (bytesBehind === 0 ? QUIET_MS : STILL_MS)) return
      before = bytesRead
      await new Promise<void>((resolve) => void setImmediate(resolve))
    }
  }

  return {
    start: () => tailer.start(),
    stop: () => tailer.stop(),
    caughtUp,
    seal: () => {
      sealed.push(...read)
      read = []
    },
    positions: () => {
      for (const chunk of sealed) chunk.ack()
      sealed = []
      return tailer.positions()
    },
    behind: () => {
      const { bytesBehind, bytesRead } = tailer.stats()
      if (bytesRead !== progress.bytes) progress = { bytes: bytesRead, at: performance.now() }
      return bytesBehind > 0 && performance.now() - progress.at < STILL_MS
    },
    stats: () => tailer.stats(),
  }
}
