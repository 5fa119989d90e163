/**
 * The texts a configuration comes from, and places in them. A source is a file, a `--set` argument or the value of an
 * environment variable; its `label` is what a person sees before line and column.
 */
import type { Position } from './types.ts'

export interface Source {
  readonly label: string
  /** Absolute path of a real file; undefined for command line and environment. */
  readonly path: string | undefined
  readonly text: string
  /** Offsets where lines begin. */
  readonly lines: readonly number[]
}

/** A stretch of a source's text, `end` exclusive. */
export interface Span {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export const source = (label: string, text: string, path?: string): Source => {
  const lines = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.push(at + 1)
  return { label, path, text, lines }
}

export const span = (of: Source, start: number, end: number): Span => ({
  source: of,
  start: Math.min(start, of.text.length),
  end: Math.min(Math.max(start, end), of.text.length),
})

const lineIndex = (of: Source, offset: number): number => {
  let low = 0
  let high = of.lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((of.lines[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Columns count characters as an editor does (UTF-16 units), from 1. */
export const positionOf = ({ source: of, start }: Span): Position => {
  const line = lineIndex(of, start)
  return { file: of.label, line: line + 1, column: start - (of.lines[line] ?? 0) + 1 }
}

export const lineText = (of: Source, line: number): string => {
  const start = of.lines[line - 1]
  if (start === undefined) return ''
  const end = of.lines[line]
  return of.text.slice(start, end === undefined ? of.text.length : end - 1).replace(/\r$/, '')
}
