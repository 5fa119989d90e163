/** RE2 patterns for other options than statements: linear time, whatever people write. */
import { regex } from './go/regex.ts'
import { Failure } from './values.ts'

export interface Pattern {
  readonly test: (text: string) => boolean
  /** Replaces every match. */
  readonly replace: (text: string, replace: (match: string) => string) => string
}

/** Throws `TypeError` for a pattern that is none. */
export const compilePattern = (source: string): Pattern => {
  try {
    const { test, replaceEach } = regex(source)
    return { test, replace: (text, replace) => (test(text) ? replaceEach(text, '$0', replace) : text) }
  } catch (thrown) {
    throw thrown instanceof Failure ? new TypeError(thrown.message) : thrown
  }
}
