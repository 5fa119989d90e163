/**
 * A mistake in the configuration: where, what, what to do. All mistakes are gathered and told at once, in the order of
 * the files. Rendered as `file:line:column: error: message`, an excerpt with a caret, and a suggestion.
 */
import { CollectorError } from '../kit/errors.ts'
import type { Position } from './types.ts'
import { lineText, positionOf, type Span } from './source.ts'

export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** What to do about it, when there is a good guess. */
  readonly suggestion: string | undefined
  readonly position: Position | undefined
  /** The value's place in the configuration: `exporters.file.path`. */
  readonly path: string
  readonly excerpt: string
}

export interface ProblemInit {
  readonly message: string
  readonly span?: Span | undefined
  readonly path?: readonly (string | number)[]
  readonly suggestion?: string | undefined
  readonly severity?: 'error' | 'warning' | undefined
  /** A stretch that must not be shown. */
  readonly hide?: Span | undefined
}

/** Gathers problems, each once. */
export interface Problems {
  add(problem: ProblemInit): void
  all(): readonly Problem[]
  errors(): number
}

const EXCERPT_WIDTH = 160

/** The line itself and, for context, the one above it; the caret under what is meant. */
const excerptOf = (where: Span, hide: Span | undefined): string => {
  const { line, column } = positionOf(where)
  const width = String(line).length
  const shown = (number: number): string => {
    let text = lineText(where.source, number)
    if (hide !== undefined && hide.source === where.source && hide.end > hide.start) {
      const from = hide.start - (where.source.lines[number - 1] ?? 0)
      const to = hide.end - (where.source.lines[number - 1] ?? 0)
      if (to > 0 && from < text.length) text = text.slice(0, Math.max(0, from)) + '[REDACTED]' + text.slice(to)
    }
    return text.replaceAll('\t', ' ')
  }
  const above = line > 1 ? shown(line - 1) : ''
  const text = shown(line)
  const hidden = hide !== undefined && hide.start === where.start ? '[REDACTED]'.length : undefined
  const length = Math.max(1, hidden ?? Math.min(where.end - where.start, text.length - column + 1))
  const cut = (row: string): string => (row.length > EXCERPT_WIDTH ? `${row.slice(0, EXCERPT_WIDTH - 1)}…` : row)
  const rows = [
    ...(above.trim() === '' ? [] : [`  ${String(line - 1).padStart(width)} | ${cut(above)}`]),
    `  ${line} | ${cut(text)}`,
    ...(column > EXCERPT_WIDTH
      ? []
      : [`  ${' '.repeat(width)} | ${' '.repeat(column - 1)}${'^'.repeat(Math.min(length, EXCERPT_WIDTH))}`]),
  ]
  return rows.map((row) => row.trimEnd()).join('\n')
}

const dotted = (path: readonly (string | number)[]): string => path.join('.')

export const problems = (): Problems => {
  const list: { readonly problem: Problem; readonly rank: readonly [number, number] }[] = []
  const seen = new Set<string>()
  const files: unknown[] = []
  return {
    add({ message, span, path = [], suggestion, severity = 'error', hide }) {
      const position = span === undefined ? undefined : positionOf(span)
      const key = JSON.stringify([position, message])
      if (seen.has(key)) return
      seen.add(key)
      if (span !== undefined && !files.includes(span.source)) files.push(span.source)
      const excerpt = span === undefined || span.source.text === '' ? '' : excerptOf(span, hide)
      const rank = [span === undefined ? -1 : files.indexOf(span.source), span?.start ?? 0] as const
      list.push({ problem: { severity, message, suggestion, position, path: dotted(path), excerpt }, rank })
    },
    all: () => list.toSorted((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]).map(({ problem }) => problem),
    errors: () => list.filter(({ problem }) => problem.severity === 'error').length,
  }
}

export const renderProblem = ({ position, severity, message, excerpt, suggestion }: Problem): string => {
  const place = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `
  return [`${place}${severity}: ${message}`, excerpt, suggestion === undefined ? '' : `  ${suggestion}`]
    .filter((part) => part !== '')
    .join('\n')
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** `2 errors, 1 warning`. */
export const countOf = (list: readonly Problem[]): string => {
  const errors = list.filter((problem) => problem.severity === 'error').length
  const warnings = list.length - errors
  return [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ].join(', ')
}

export const renderProblems = (list: readonly Problem[]): string => list.map(renderProblem).join('\n\n')

/** The configuration cannot be used; `message` is the whole report. */
export class ConfigError extends CollectorError {
  readonly problems: readonly Problem[]
  constructor(list: readonly Problem[]) {
    super('config_invalid', `${renderProblems(list)}\n\n${countOf(list)}`)
    this.name = 'ConfigError'
    this.problems = list
  }
}
