/** Failures of what is worked out when a statement is compiled. */
import type { Span } from './ast.ts'
import { Mistake } from './problem.ts'
import { Failure } from './values.ts'

/** A Failure while something constant is worked out is a mistake of the statement. */
export const blame = <T>(span: Span, work: () => T): T => {
  try {
    return work()
  } catch (thrown) {
    throw thrown instanceof Failure ? new Mistake(thrown.message, span) : thrown
  }
}
