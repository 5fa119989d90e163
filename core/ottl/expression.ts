/**
 * What the compiler makes: closures over one `Run`, the state of one record. Everything that can be known when the
 * statement is compiled is known there; `literal` marks what the language itself calls a literal, whose type is checked
 * at once, everything else is checked when it runs.
 */
import type { Place } from './contexts/store.ts'
import type { Evaluated } from './values.ts'
import type { MetricDraft, MetricInit, MetricRecord, Path, PathHandle, Value, ValueKind } from '../model/index.ts'

/** What paths are read from: a record, or a message inside one (a span event, a data point). */
export interface Subject {
  get(path: Path): Value | undefined
  kind(path: Path): ValueKind | undefined
  /** Whether this very text, which is `bytes` in UTF-8, stands there; where that can be told without reading it. */
  isText?(path: Path, text: string, bytes: Uint8Array): boolean
}

export interface Edits {
  set(path: Path, value: Value): void
  delete(path: Path): void
}

/** A metric as its own functions see it. */
export interface MetricAtHand {
  readonly record: MetricRecord
  /** Absent when only conditions run. */
  readonly draft?: MetricDraft
  /** Takes a metric that is made beside this one. */
  readonly make?: (init: MetricInit) => void
}

/** One record while statements run on it. */
export interface Run {
  record: Subject
  /** Absent when only conditions run. */
  draft: Edits | undefined
  /** The `cache` of this record; made on first use. */
  cache: Record<string, Value> | undefined
  /** Of a message inside a record: the record around it. */
  readonly outer?: Run
  /** Of a record that statements on a message inside it look at: the run on that message. */
  inner?: Run
  /** Which of its kind a span event is. */
  readonly index?: number
  readonly metric?: MetricAtHand
}

export type Get<T = Evaluated> = (run: Run) => T

export interface Expression {
  readonly get: Get
  readonly literal?: { readonly value: Evaluated }
  /** Of paths. */
  readonly place?: Place
  /** Of converters of one text that is an attribute. */
  readonly text?: TextOf
}

/** What a converter makes of the text that stands at a path. */
export interface TextOf {
  readonly at: PathHandle
  readonly change: (text: string) => Evaluated
  /** All it does to ASCII letters, and to none but letters. */
  readonly ascii: 'upper' | 'lower' | undefined
}

/** An argument whose type the function declared: `get` gives that type or throws a Failure. */
export interface Typed<T> {
  readonly get: Get<T>
  readonly literal?: { readonly value: T }
  /** Whether the value has that type; a Failure while it is worked out stays one. */
  readonly check?: Get<boolean>
  /** Of paths: as that of the place. */
  readonly stored?: PathHandle | undefined
}

export const literal = (value: Evaluated): Expression => ({ get: () => value, literal: { value } })
