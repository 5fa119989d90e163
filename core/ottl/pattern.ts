/** RE2 patterns for other options than statements: linear time, whatever people write. */
import { regex } from './go/regex.ts'
import { Failure } from './values.ts'

export interface Pattern {
  readonly test: (text: string) => boolean
  /** Replaces every match. */
  readonly replace: (text: string, replace: (match: string) => string) => string
  /** Names by group number from 1, '' for groups without one. */
  readonly names: readonly string[]
  /** What the groups of the first match hold, in the order of `names`; undefined when nothing matches. */
  readonly groups: (text: string) => readonly string[] | undefined
}

/** Throws `TypeError` for a pattern that is none. */
export const compilePattern = (source: string): Pattern => {
  try {
    const { test, replaceEach, names, groups } = regex(source)
    return {
      test,
      replace: (text, replace) => (test(text) ? replaceEach(text, '$0', replace) : text),
      names: names.slice(1),
      groups: (text) => groups(text)?.slice(1),
    }
  } catch (thrown) {
    throw thrown instanceof Failure ? new TypeError(thrown.message) : thrown
  }
}
