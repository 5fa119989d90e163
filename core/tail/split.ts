/**
 * Where entries end in a run of bytes. A splitter is asked with everything from the end of the last entry on, and says
 * how many bytes are complete entries; what is left is asked about again with more behind it.
 */
import { RE2JS } from 're2js'
import type { Chunk, Multiline } from './types.ts'

const NEWLINE = 10
const CARRIAGE_RETURN = 13

export interface Cut {
  /** Bytes that are complete entries; 0 = none is. */
  readonly length: number
  /** Where each ends; absent = at every newline. */
  readonly ends?: readonly number[]
  /** What the pattern matched. */
  readonly omit?: Chunk['omit']
}

/** `final`: nothing follows, so what is left is an entry. */
export type Splitter = (bytes: Buffer, final: boolean) => Cut

export const splitLines: Splitter = (bytes, final) => ({
  length: final ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1,
})

/** Throws an Error with a sentence when the pattern is not RE2. */
export const compilePattern = (pattern: string): RE2JS => RE2JS.compile(pattern, RE2JS.MULTILINE)

const matches = (pattern: RE2JS, bytes: Buffer): [number, number][] => {
  const matcher = pattern.matcher(bytes)
  const found: [number, number][] = []
  // An empty match would cut between any two bytes; it separates nothing.
  while (matcher.find()) if (matcher.end() > matcher.start()) found.push([matcher.start(), matcher.end()])
  return found
}

const splitAtStarts =
  (pattern: RE2JS): Splitter =>
  (bytes, final) => {
    const ends: number[] = []
    const omit: [number, number][] = []
    const starts = matches(pattern, bytes)
    for (const [start, end] of starts) {
      if (start > 0) ends.push(start)
      omit.push([start, end])
    }
    if (final && bytes.length > 0) ends.push(bytes.length)
    return { length: ends.at(-1) ?? 0, ends, omit }
  }

const splitAtEnds =
  (pattern: RE2JS): Splitter =>
  (bytes, final) => {
    const omit = matches(pattern, bytes)
    // A match that touches the end may still grow (`end\n` before its newline has come).
    const complete = omit.filter(([, end]) => final || end < bytes.length || bytes[end - 1] === NEWLINE)
    // The newline behind an entry belongs to it, so that the next one begins with its own first line.
    const ends = complete.map(([, end]) => (bytes[end] === NEWLINE ? end + 1 : end))
    if (final && bytes.length > (ends.at(-1) ?? 0)) ends.push(bytes.length)
    return { length: ends.at(-1) ?? 0, ends, omit: complete }
  }

const keepPattern =
  (split: Splitter): Splitter =>
  (bytes, final) => {
    const { length, ends = [] } = split(bytes, final)
    return { length, ends }
  }

export const splitterFor = (multiline: Multiline | undefined): Splitter => {
  const { startPattern, endPattern, omitPattern = false } = multiline ?? {}
  if (startPattern === undefined && endPattern === undefined) return splitLines
  const split =
    startPattern === undefined
      ? splitAtEnds(compilePattern(endPattern ?? ''))
      : splitAtStarts(compilePattern(startPattern))
  return omitPattern ? split : keepPattern(split)
}

export interface Entry {
  /** Without its newline. */
  readonly bytes: Buffer
  /** In the file. */
  readonly offset: number
  /** Behind the entry, its newline included; an index into the chunk's bytes. */
  readonly end: number
}

/** The entries of a chunk, empty ones left out. */
export function* entriesOf(chunk: Pick<Chunk, 'bytes' | 'offset' | 'ends' | 'omit'>): Generator<Entry> {
  const { bytes, offset, ends, omit = [] } = chunk
  let next = 0
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const newline = ends === undefined ? bytes.indexOf(NEWLINE, start) + 1 : (ends[index] ?? 0)
    const end = newline === 0 ? bytes.length : newline
    let from = start
    let to = end
    if (bytes[to - 1] === NEWLINE) to--
    if (to > from && bytes[to - 1] === CARRIAGE_RETURN) to--
    for (let range = omit[next]; range !== undefined && range[0] < end; range = omit[++next]) {
      if (range[0] <= from) from = Math.min(range[1], to)
      else to = Math.max(from, Math.min(to, range[0]))
    }
    if (to > from) yield { bytes: bytes.subarray(from, to), offset: offset + start, end }
    start = end
  }
}
