/** What the parts of the compiler ask of each other. */
import type { PathNode, ValueNode } from './ast.ts'
import type { Naming } from './contexts/resolve.ts'
import type { Place } from './contexts/store.ts'
import type { Expression } from './expression.ts'

/** What statements may know of the world. */
export interface Services {
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint
}

export interface Compiler {
  readonly naming: Naming
  readonly services: Services
  readonly value: (node: ValueNode) => Expression
  /** Of what is written to. */
  readonly place: (node: PathNode) => Place
  /** The contexts whose places are written to. */
  readonly written: Set<string>
}
