/**
 * The shape of what flows: values, records, batches. No I/O, no layout.
 *
 * A record is a live view on a span of the buffer it came in (a JSON line, OTLP protobuf, or plain values); a batch is
 * immutable and shared on fan-out. Nobody outside `core/model` knows which layout is behind a view.
 */
import type { Double } from './double.ts'
import type { MetricDraft, MetricRecord } from './metric-types.ts'
import type { SpanDraft, SpanRecord } from './span-types.ts'

export type * from './metric-types.ts'
export type * from './span-types.ts'

export type Signal = 'logs' | 'metrics' | 'traces'

/**
 * An OTel AnyValue. Whole `number` or `bigint` = int64 (bigint beyond 2^53); fractional `number` or `Double` = double
 * (a whole double survives as `Double`); `null` = the empty value; `Uint8Array` = bytes.
 */
export type Value = null | boolean | number | bigint | Double | string | Uint8Array | readonly Value[] | ValueMap

export type ValueKind = 'null' | 'bool' | 'int' | 'double' | 'string' | 'bytes' | 'list' | 'map'

/** A key-value list. `__proto__` is an ordinary key: build it with a null prototype. */
export interface ValueMap {
  readonly [key: string]: Value
}

export type PathKey = string | number

/**
 * Where a value stands in a record. The first key names a field, spelled as in OTTL.
 *
 * Logs: `time_unix_nano`, `observed_time_unix_nano`, `severity_number`, `severity_text`, `event_name`, `body`,
 * `attributes`, `trace_id`, `span_id`, `flags`, `dropped_attributes_count`.
 * Spans: `trace_id`, `span_id`, `parent_span_id`, `trace_state`, `name`, `kind`, `start_time_unix_nano`,
 * `end_time_unix_nano`, `attributes`, `dropped_attributes_count`, `events`, `dropped_events_count`, `links`,
 * `dropped_links_count`, `status` (then `code`, `message`), `flags`. Metrics: `name`, `description`, `unit`, `type`,
 * `aggregation_temporality`, `is_monotonic`, `metadata`, `data_points`.
 * All: `resource` (then `attributes`, `dropped_attributes_count`, `schema_url`) and `scope` (then `name`, `version`,
 * `attributes`, `dropped_attributes_count`, `schema_url`).
 *
 * Further keys lead into maps (string) and lists (number): `['body', 'metadata', 'severity']`, `['events', 0, 'name']`.
 * `path(...)` compiles one: a handle is the fast form, a plain array is compiled and cached by identity.
 */
export type Path = readonly PathKey[] | PathHandle

/** A compiled path; opaque. */
export interface PathHandle {
  readonly keys: readonly PathKey[]
}

/** Iteration shows duplicates in order, `get` the first. */
export interface Attributes extends Iterable<readonly [string, Value]> {
  readonly size: number
  has(key: string): boolean
  get(key: string): Value | undefined
}

export interface Resource {
  readonly attributes: Attributes
  readonly schemaUrl: string
}

export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: Attributes
  readonly schemaUrl: string
}

/** Where a record was read: `offset` rises with the order of reading inside one `key` (a file's identity, a feed). */
export interface Origin {
  readonly key: string
  readonly offset: number
}

/** What the records of every signal have. */
export interface BaseRecord {
  readonly resource: Resource
  readonly scope: Scope
  readonly origin: Origin | undefined
  get(path: Path): Value | undefined
}

/** A log record or event. Decodes what is asked for. In a filter or edit callback it is valid only inside it. */
export interface LogRecord extends BaseRecord {
  /** Nanoseconds since the epoch; 0n = unknown. */
  readonly time: bigint
  readonly observedTime: bigint
  /** 1–24, 0 = unspecified. */
  readonly severity: number
  readonly severityText: string
  readonly eventName: string
  readonly body: Value | undefined
  /** 32 lower-case hex digits, '' when absent. */
  readonly traceId: string
  /** 16 lower-case hex digits, '' when absent. */
  readonly spanId: string
  readonly flags: number
  readonly attributes: Attributes
  readonly resource: Resource
  readonly scope: Scope
  get(path: Path): Value | undefined
  /** What stands at a path, without making a value of it; undefined when nothing does. */
  kind(path: Path): ValueKind | undefined
  /** A copy that outlives the callback it was handed to. */
  keep(): LogRecord
}

export interface RecordOf {
  logs: LogRecord
  metrics: MetricRecord
  traces: SpanRecord
}

/** Edits of one record; reads its own edits. Deleting removes all duplicates of a key. */
export interface Draft<R = LogRecord> {
  /** The record with the edits made so far. */
  readonly record: R
  /** Sets the value at a path, creating maps on the way. Throws `TypeError` where a field cannot hold the value. */
  set(path: Path, value: Value): void
  delete(path: Path): void
  drop(): void
}

export interface DraftOf {
  logs: Draft<LogRecord>
  metrics: MetricDraft
  traces: SpanDraft
}

export type EncodeFormat = 'otlp_proto' | 'otlp_json' | 'envelope' | 'body' | 'text' | 'stored'
export type DecodeFormat = 'otlp_proto' | 'otlp_json' | 'envelope' | 'json' | 'text' | 'stored'

/**
 * An immutable run of records over one or more shared buffers; nothing is allocated per record until one is asked for.
 */
export interface Batch<S extends Signal = Signal> extends Iterable<RecordOf[S]> {
  readonly signal: S
  /** Records: log records, metrics or spans. */
  readonly count: number
  /** What the field counts: the data points of metrics, else the records. Counted in the bytes, nothing is decoded. */
  readonly points: number
  /** Bytes of the records' spans, for budgets. */
  readonly bytes: number
  /** Bytes of the buffers it keeps alive, which it may share with others; at least `bytes`. */
  readonly pinned: number
  at(index: number): RecordOf[S]
  /** The same batch when all are kept. */
  filter(keep: (record: RecordOf[S], index: number) => boolean): Batch<S>
  /** The same batch when nothing changed, else an overlay of changed records over shared buffers. */
  edit(change: (draft: DraftOf[S], index: number) => void): Batch<S>
  groupBy(key: (record: RecordOf[S]) => string): Map<string, Batch<S>>
  slice(from: number, to?: number): Batch<S>
  /** The highest offset per origin key, without decoding a record. */
  origins(): ReadonlyMap<string, number>
  /** Every record has an origin. */
  readonly hasOrigins: boolean
  /**
   * Pieces for `writev`. Line formats (`envelope`, `body`, `text`, `otlp_json`) end every record (`otlp_json`: the
   * request) with a newline; `otlp_proto` is one Export…ServiceRequest; `stored` keeps the layout and the origins.
   * `envelope`, `body` and `text` are for logs; for other signals they throw `CollectorError('invalid_data')`.
   */
  encode(format: EncodeFormat): readonly Uint8Array[]
}

export type LogBatch = Batch<'logs'>

/** A log record as plain values: what a plugin builds with `logs(...)`. Times in nanoseconds since the epoch. */
export interface LogInit {
  readonly time?: bigint
  readonly observedTime?: bigint
  readonly severity?: number
  readonly severityText?: string
  readonly eventName?: string
  readonly body?: Value
  readonly attributes?: ValueMap
  readonly traceId?: string
  readonly spanId?: string
  readonly flags?: number
  readonly origin?: Origin
}

export interface LogsOptions {
  readonly resource?: { readonly attributes?: ValueMap; readonly schemaUrl?: string }
  readonly scope?: {
    readonly name?: string
    readonly version?: string
    readonly attributes?: ValueMap
    readonly schemaUrl?: string
  }
}

export interface DecodeOptions {
  /** Where the first byte of `bytes` was read; record offsets follow from their place in it. */
  readonly origin?: Origin
  /** Attributes set on every record beside what the line holds (a file's name, say). */
  readonly attributes?: ValueMap
  readonly resource?: ValueMap
  /** Given to records that carry no observed time. */
  readonly observedTime?: bigint
  /** Called for each line that is not a record; it is left out of the batch unless the callback returns 'text'. */
  readonly onInvalid?: (invalid: {
    readonly bytes: Uint8Array
    readonly offset: number
    readonly reason: string
  }) => 'skip' | 'text'
}
