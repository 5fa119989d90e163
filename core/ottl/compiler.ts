/** What the parts of the compiler ask of each other. */
import type { PathNode, Span, ValueNode } from './ast.ts'
import type { Naming } from './contexts/resolve.ts'
import type { Place } from './contexts/store.ts'
import type { Expression } from './expression.ts'
import { Mistake } from './problem.ts'
import { Failure } from './values.ts'

/** What statements may know of the world. */
export interface Services {
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint
}

export interface Compiler {
  readonly naming: Naming
  readonly services: Services
  readonly value: (node: ValueNode) => Expression
  readonly place: (node: PathNode) => Place
}

/** A Failure while something constant is worked out is a mistake of the statement. */
export const blame = <T>(span: Span, work: () => T): T => {
  try {
    return work()
  } catch (thrown) {
    throw thrown instanceof Failure ? new Mistake(thrown.message, span) : thrown
  }
}
