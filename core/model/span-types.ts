/** The shape of spans. Times are nanoseconds since the epoch, 0n = unknown; ids lower-case hex, '' when absent. */
import type { Attributes, BaseRecord, Draft, Path, Value, ValueMap } from './types.ts'

/** A message inside a record: an event, a link, a data point, an exemplar. */
export interface Nested {
  /** Relative to this message: `['attributes', 'k']`, `['name']`. */
  get(path: Path): Value | undefined
}

/** Edits of one nested message. Paths are relative to it. Deleting removes all duplicates of a key. */
export interface NestedDraft<N = Nested> {
  /** The message with the edits made so far. */
  readonly item: N
  set(path: Path, value: Value): void
  delete(path: Path): void
  /** Takes the message out of its record. */
  drop(): void
}

export interface SpanEvent extends Nested {
  readonly time: bigint
  readonly name: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
}

export interface SpanLink extends Nested {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly flags: number
}

export interface SpanStatus {
  /** 0 unset, 1 ok, 2 error. */
  readonly code: number
  readonly message: string
}

/** A span. Decodes what is asked for. In a filter or edit callback it is valid only inside it. */
export interface SpanRecord extends BaseRecord {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startTime: bigint
  readonly endTime: bigint
  readonly attributes: Attributes
  readonly droppedAttributesCount: number
  readonly events: readonly SpanEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly SpanLink[]
  readonly droppedLinksCount: number
  readonly status: SpanStatus
  readonly flags: number
  /** A copy that outlives the callback it was handed to. */
  keep(): SpanRecord
}

export interface SpanDraft extends Draft<SpanRecord> {
  /** The events, each to be edited or taken out. The list is the one of the moment it was asked for. */
  readonly events: readonly NestedDraft<SpanEvent>[]
  readonly links: readonly NestedDraft<SpanLink>[]
}

/** A span as plain values: what a plugin builds with `spans(...)`. */
export interface SpanInit {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name?: string
  readonly kind?: number
  readonly startTime?: bigint
  readonly endTime?: bigint
  readonly attributes?: ValueMap
  readonly droppedAttributesCount?: number
  readonly events?: readonly SpanEventInit[]
  readonly droppedEventsCount?: number
  readonly links?: readonly SpanLinkInit[]
  readonly droppedLinksCount?: number
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly flags?: number
}

export interface SpanEventInit {
  readonly time?: bigint
  readonly name?: string
  readonly attributes?: ValueMap
  readonly droppedAttributesCount?: number
}

export interface SpanLinkInit {
  readonly traceId?: string
  readonly spanId?: string
  readonly traceState?: string
  readonly attributes?: ValueMap
  readonly droppedAttributesCount?: number
  readonly flags?: number
}
