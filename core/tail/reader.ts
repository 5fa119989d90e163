/**
 * Reads one followed file on to its present end: `step` hands on one chunk at most. Each read begins up to 64 bytes
 * before the offset, so that it sees in the same call whether the content is still the one it knows; if not, the file
 * was truncated and is read from its start as the next generation. A half-written last line stays in the file and is
 * read again when it has grown: nothing is held in memory between reads. A buffer is never larger than the longest
 * line allowed, or the chunk size.
 */
import { contentKey, fingerprintOf, readAt, readHead, TAIL_BYTES, tailChecksum } from './identity.ts'
import { advance, type FollowedFile, nextGeneration, positionOf } from './followed-file.ts'
import { type Cut, type Splitter, splitLines } from './split.ts'
import type { Chunk, FilePosition, LongLinePolicy, TailProblem } from './types.ts'

const NEWLINE = 10
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

export interface ReaderOptions {
  readonly split: Splitter
  readonly chunkBytes: number
  readonly maxLineBytes: number
  readonly fingerprintBytes: number
  readonly onLongLine: LongLinePolicy
  readonly mayFlush: (bytes: Uint8Array) => boolean
  readonly onChunk: (chunk: Chunk) => void | Promise<void>
  readonly onProblem: (problem: TailProblem) => void
}

export interface ReaderCounts {
  bytesRead: number
  linesTooLong: number
  truncations: number
}

/** `partial`: what is left is the beginning of an entry. */
export type StepResult = 'more' | 'end' | 'partial'

interface Span {
  readonly buffer: Buffer
  /** Bytes of `buffer` before the offset. */
  readonly lead: number
  readonly bytes: Buffer
}

/** Where a line begins that is longer than `most`, -1 when none is. */
const findLongLine = (bytes: Buffer, length: number, most: number): number => {
  for (let from = 0; from < length;) {
    const newline = bytes.indexOf(NEWLINE, from)
    const end = newline < 0 ? length : newline
    if (end - from > most) return from
    from = end + 1
  }
  return -1
}

const characterBoundary = (bytes: Buffer, length: number): number => {
  let cut = length
  while (cut > length - 4 && cut > 1 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--
  return cut
}

const truncatedFile = (file: FollowedFile, size: number, counts: ReaderCounts): StepResult => {
  counts.truncations++
  nextGeneration(file)
  file.size = size
  if (file.limit !== Infinity) file.limit = size
  return size > 0 ? 'more' : 'end'
}

const emit = async (
  file: FollowedFile,
  span: Span,
  cut: Cut,
  how: { readonly unterminated?: boolean; readonly truncated?: boolean },
  options: ReaderOptions,
): Promise<void> => {
  const { handle } = file
  if (handle === undefined) return
  if (file.fingerprint.bytes < options.fingerprintBytes)
    file.fingerprint = await fingerprintOf(handle, options.fingerprintBytes)
  if (file.key === '') {
    file.key = contentKey(file.offset === 0 ? span.bytes : await readHead(handle), file.identity, file.generation)
  }
  const { buffer, lead } = span
  const bytes = span.bytes.subarray(0, cut.length)
  const { offset } = file
  advance(file, buffer, lead, cut.length)
  const after = positionOf(file)
  const position = (length = cut.length): FilePosition =>
    length === cut.length
      ? after
      : { ...after, offset: offset + length, tail: tailChecksum(buffer.subarray(0, lead + length)) }
  await options.onChunk({
    path: file.path,
    key: file.key,
    bytes,
    offset,
    ...(cut.ends === undefined ? {} : { ends: cut.ends }),
    ...(cut.omit === undefined ? {} : { omit: cut.omit }),
    unterminated: how.unterminated ?? false,
    truncated: how.truncated ?? false,
    position,
    ack: file.ledger.open(() => after),
  })
}

const pass = (file: FollowedFile, span: Span, length: number): void => {
  advance(file, span.buffer, span.lead, length)
  const after = positionOf(file)
  file.ledger.pass(() => after)
}

/** The span begins with a line longer than allowed: at least `maxLineBytes` of it are here. */
const longLine = async (
  file: FollowedFile,
  span: Span,
  options: ReaderOptions,
  counts: ReaderCounts,
): Promise<void> => {
  const length = characterBoundary(span.bytes, options.maxLineBytes)
  const policy = options.split === splitLines ? options.onLongLine : 'split'
  counts.linesTooLong++
  const message = `a line is longer than ${options.maxLineBytes} bytes (${policy})`
  options.onProblem({ kind: 'too_long', path: file.path, message })
  // Set first: the position of the cut piece says that the rest of its line is left out.
  file.skipping = policy !== 'split'
  if (policy === 'skip') pass(file, span, length)
  else
    await emit(file, span, { length, ...(policy === 'split' ? { ends: [length] } : {}) }, { truncated: true }, options)
}

/** Looks at new bytes only, as long as the line that was left has not ended. */
const lineHasEnded = async (file: FollowedFile, size: number, options: ReaderOptions): Promise<boolean> => {
  if (file.handle === undefined || file.scanned <= file.offset || options.split !== splitLines) return true
  if (size - file.offset > options.maxLineBytes || size - file.scanned > options.chunkBytes) return true
  const fresh = await readAt(file.handle, file.scanned, size - file.scanned)
  return fresh.includes(NEWLINE)
}

/** What need not be handed on at the start of a span: the rest of a long line, NULs of a sparse file, a byte order mark. */
const leadingWaste = (file: FollowedFile, bytes: Buffer): number => {
  if (file.skipping) {
    const newline = bytes.indexOf(NEWLINE)
    if (newline < 0) return bytes.length
    file.skipping = false
    return newline + 1
  }
  if (bytes[0] === 0) {
    const text = bytes.findIndex((byte) => byte !== 0)
    return text < 0 ? bytes.length : text
  }
  return file.offset === 0 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
}

export class Reader {
  readonly #options: ReaderOptions
  readonly #counts: ReaderCounts

  constructor(options: ReaderOptions, counts: ReaderCounts) {
    this.#options = options
    this.#counts = counts
  }

  /** `final`: hand on an unterminated end as well. */
  async step(file: FollowedFile, final: boolean): Promise<StepResult> {
    const { handle } = file
    if (handle === undefined) return 'end'
    const { chunkBytes, maxLineBytes } = this.#options
    const stats = await handle.stat({ bigint: true })
    const size = Number(stats.size)
    if (size < file.offset) return truncatedFile(file, size, this.#counts)
    file.size = size
    file.modified = stats.mtimeNs
    const end = Math.min(size, file.limit)
    if (end <= file.offset) return 'end'
    if (!final && !(await lineHasEnded(file, size, this.#options))) {
      file.scanned = size
      return 'partial'
    }
    const lead = Math.min(TAIL_BYTES, file.offset)
    const most = Math.max(chunkBytes, maxLineBytes) + 1
    for (let window = chunkBytes; ; window = Math.min(window * 4, most)) {
      const buffer = await readAt(handle, file.offset - lead, lead + Math.min(end - file.offset, window))
      if (buffer.length < lead || (lead > 0 && tailChecksum(buffer.subarray(0, lead)) !== file.tail)) {
        return truncatedFile(file, size, this.#counts)
      }
      const bytes = buffer.subarray(lead)
      if (bytes.length === 0) return 'end'
      this.#counts.bytesRead += bytes.length
      const result = await this.#handOn(file, { buffer, lead, bytes }, file.offset + bytes.length >= end, final)
      if (result !== 'wider') return result
    }
  }

  async #handOn(file: FollowedFile, span: Span, atEnd: boolean, final: boolean): Promise<StepResult | 'wider'> {
    const { bytes } = span
    const { split, mayFlush } = this.#options
    const waste = leadingWaste(file, bytes)
    if (waste > 0) {
      pass(file, span, waste)
      return atEnd && waste === bytes.length ? 'end' : 'more'
    }
    const cut = split(bytes, false)
    if (bytes.length > this.#options.maxLineBytes && (await this.#cutLongLine(file, span, cut))) return 'more'
    if (cut.length > 0) {
      await emit(file, span, cut, {}, this.#options)
      return atEnd && cut.length === bytes.length ? 'end' : 'more'
    }
    if (!atEnd) return 'wider'
    // Under `once` a file may have grown beyond its limit: then the entry is not at the end, and is left for the next time.
    if (final && file.limit >= file.size && mayFlush(bytes)) {
      await emit(file, span, split(bytes, true), { unterminated: true }, this.#options)
      return 'end'
    }
    file.scanned = file.offset + bytes.length
    return 'partial'
  }

  /** True when the span held a line longer than allowed: what stands before it, or its beginning, has been handed on. */
  async #cutLongLine(file: FollowedFile, span: Span, cut: Cut): Promise<boolean> {
    const { split, maxLineBytes } = this.#options
    const { bytes } = span
    const long = split === splitLines ? findLongLine(bytes, bytes.length, maxLineBytes) : cut.length === 0 ? 0 : -1
    if (long === 0) await longLine(file, span, this.#options, this.#counts)
    else if (long > 0 && long < cut.length) await emit(file, span, { length: long }, {}, this.#options)
    else return false
    return true
  }
}
