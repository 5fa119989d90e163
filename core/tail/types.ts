/** What following files needs to know, and what it hands on. */
import type { Clock } from '../kit/clock.ts'

/**
 * Where reading goes on after a restart: plain JSON. A file is found again by its inode, or by its first bytes where the
 * inode has changed (copied, restored), wherever it has been renamed to.
 */
export interface FilePosition {
  /** Names this content for ever: inode, birth time, first line, generation. What `Origin.key` takes. */
  readonly key: string
  readonly path: string
  readonly device: string
  readonly inode: string
  /** Nanoseconds; '0' where the file system does not know. */
  readonly birth: string
  /** How many first bytes `fingerprint` covers. */
  readonly fingerprintBytes: number
  readonly fingerprint: string
  readonly offset: number
  /** Checksum of the up to 64 bytes before `offset`. */
  readonly tail: number
  /** Rises each time the file was truncated. */
  readonly generation: number
  /** In the middle of a line that was too long: its rest is left out. */
  readonly skipping?: true
}

export interface Chunk {
  /** Where the file was found last. */
  readonly path: string
  /** Stable over renames and restarts, another one after a truncation. */
  readonly key: string
  /** Complete entries, each with its newline (the last one perhaps without: `unterminated`). The buffer is the consumer's. */
  readonly bytes: Buffer
  /** Byte offset of the first byte in the file. */
  readonly offset: number
  /** Multi-line: where each entry ends, as an index into `bytes`. Absent: at every newline. */
  readonly ends?: readonly number[]
  /** `omitPattern`: what to leave out, as indexes into `bytes`. */
  readonly omit?: readonly (readonly [from: number, to: number])[]
  /** The end of a file that does not end in a newline. */
  readonly unterminated: boolean
  /** One entry, cut to `maxLineBytes`. */
  readonly truncated: boolean
  /** Where reading would go on after the first `length` bytes (all by default) of this chunk. */
  position(length?: number): FilePosition
  /** Somebody has taken responsibility for all of it: it counts in `positions()` once all before it does. */
  ack(): void
}

export interface TailProblem {
  readonly kind: 'unreadable' | 'too_long' | 'truncated' | 'no_watch' | 'too_many_files' | 'lost'
  readonly path: string
  readonly message: string
}

export type LongLinePolicy = 'truncate' | 'skip' | 'split'

/** RE2 patterns over the stream of bytes; `^` and `$` match at line ends. */
export interface Multiline {
  readonly startPattern?: string
  readonly endPattern?: string
  /** Leaves the matched text out of the entry. */
  readonly omitPattern?: boolean
}

export interface TailOptions {
  /** Paths or globs (`*`, `**`, `?`, `[a-z]`, `{a,b}`). */
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  /** Where relative patterns start; the working directory by default. */
  readonly folder?: string
  readonly clock: Clock
  /** For files that are there at the start and have no position; `end` by default. Later ones are read whole. */
  readonly startAt?: 'beginning' | 'end'
  readonly positions?: Iterable<FilePosition>
  /** 200 ms. */
  readonly pollIntervalMs?: number
  /** Ask the system to tell of changes beside polling; true by default. */
  readonly watch?: boolean
  /** Read to the present end of each file, then finish. */
  readonly once?: boolean
  /** 1,000. */
  readonly fingerprintBytes?: number
  /** How much is read at once; 256 KiB. */
  readonly chunkBytes?: number
  /** 1 MiB. */
  readonly maxLineBytes?: number
  /** `truncate` by default. */
  readonly onLongLine?: LongLinePolicy
  readonly multiline?: Multiline
  /** An unterminated last entry is handed on when nothing has followed for so long; 0 (never) by default. */
  readonly flushAfterMs?: number
  /** Asked before an unterminated entry is handed on, also under `once`. */
  readonly mayFlush?: (bytes: Uint8Array) => boolean
  /** 512. */
  readonly maxOpenFiles?: number
  /**
   * In order per file, one call open per file: the file is read on when it resolves. It must not reject; what it throws
   * ends the tailer (`done` rejects).
   */
  readonly onChunk: (chunk: Chunk) => void | Promise<void>
  /** Each told once per file until it is gone. */
  readonly onProblem?: (problem: TailProblem) => void
}

export interface TailStats {
  readonly files: number
  readonly openFiles: number
  /** Files being read, or waiting for the consumer. */
  readonly reading: number
  readonly bytesRead: number
  /** Bytes present in the files and not handed on. */
  readonly bytesBehind: number
  readonly linesTooLong: number
  readonly truncations: number
  readonly unreadable: number
}

export interface Tailer {
  /** Resolves when the files are known; reading goes on in the background. */
  start(): Promise<void>
  /** After it no `onChunk` is called; waits for those that are open. */
  stop(): Promise<void>
  /** Under `once`: all is read and consumed. Otherwise when stopped. Rejects with what `onChunk` threw. */
  readonly done: Promise<void>
  /** Looks for new files and new bytes now. */
  poll(): Promise<void>
  /** Of all known files: everything acknowledged without a gap. Save these. */
  positions(): FilePosition[]
  stats(): TailStats
}
