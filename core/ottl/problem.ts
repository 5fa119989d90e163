/**
 * What is wrong with a statement, where, and what was probably meant.
 *
 * `offset` and `length` count characters inside the statement, so that whoever knows where the text stands in a file can
 * print line, column and caret. Compilation collects one problem a statement and never throws a bare Error.
 */
export interface OttlProblem {
  /** Index of the statement or condition in the list that was compiled; 0 for a single one. */
  readonly index: number
  /** The text it is in. */
  readonly source: string
  readonly message: string
  readonly offset: number
  readonly length: number
  readonly suggestion?: string
}

/** Thrown inside the compiler only; `compile*` turn it into a problem. */
export class Mistake {
  readonly message: string
  readonly start: number
  readonly end: number
  readonly suggestion: string | undefined
  constructor(message: string, span: { readonly start: number; readonly end: number }, suggestion?: string) {
    this.message = message
    this.start = span.start
    this.end = span.end
    this.suggestion = suggestion
  }
}

const DISTANCE_COST_MAX = 64

/** Edits between two words (insert, delete, replace, swap neighbours), ignoring case. */
const distance = (left: string, right: string): number => {
  const a = left.toLowerCase()
  const b = right.toLowerCase()
  if (a.length > DISTANCE_COST_MAX || b.length > DISTANCE_COST_MAX) return Infinity
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

/** The nearest of `names`, when it is near enough to have been meant. */
export const nearest = (word: string, names: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const edits = distance(word, name)
    if (edits < least) {
      least = edits
      best = name
    }
  }
  return best
}
