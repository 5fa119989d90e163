/**
 * What the compiler makes: closures over one `Run`, the state of one record. Everything that can be known when the
 * statement is compiled is known there; `literal` marks what the language itself calls a literal, whose type is checked
 * at once, everything else is checked when it runs.
 */
import type { Place } from './contexts/store.ts'
import type { Draft, LogRecord } from '../model/index.ts'
import type { Evaluated } from './values.ts'
import type { Value } from '../model/index.ts'

/** One record while statements run on it. Reused from record to record. */
export interface Run {
  record: LogRecord
  /** Absent when only conditions run. */
  draft: Draft<LogRecord> | undefined
  /** The `cache` of this record; made on first use. */
  cache: Record<string, Value> | undefined
}

export type Get<T = Evaluated> = (run: Run) => T

export interface Expression {
  readonly get: Get
  readonly literal?: { readonly value: Evaluated }
  /** Of paths. */
  readonly place?: Place
}

/** An argument whose type the function declared: `get` gives that type or throws a Failure. */
export interface Typed<T> {
  readonly get: Get<T>
  readonly literal?: { readonly value: T }
  /** Whether the value has that type; a Failure while it is worked out stays one. */
  readonly check?: Get<boolean>
}

export const literal = (value: Evaluated): Expression => ({ get: () => value, literal: { value } })
