/**
 * The record that people see: one class over whatever layout holds the bytes.
 *
 * A layout implements `Reader`; the view asks it for one handle at a time and decodes nothing else. A view handed to a
 * callback is moved on to the next record afterwards; `keep()` gives one that stays.
 */
import { attributeHandle, Field, handleOf, path } from './path.ts'
import type { AttributesField, Handle } from './path.ts'
import type { Attributes, LogRecord, Origin, Path, Resource, Scope, Value, ValueKind } from './types.ts'

/** What a layout can say about the record it stands on. */
export interface Reader {
  get(at: Handle): Value | undefined
  kind(at: Handle): ValueKind | undefined
  /** All attributes in order, duplicates included. */
  entries(field: AttributesField): Iterable<readonly [string, Value]>
  origin(): Origin | undefined
  keep(): LogRecord
  /** Whether this very text, which is `bytes` in UTF-8, stands at a path; absent where reading the value is no longer way. */
  isText?(at: Handle, text: string, bytes: Uint8Array): boolean
}

export const handles = {
  time: path(['time_unix_nano']),
  observedTime: path(['observed_time_unix_nano']),
  severity: path(['severity_number']),
  severityText: path(['severity_text']),
  eventName: path(['event_name']),
  body: path(['body']),
  traceId: path(['trace_id']),
  spanId: path(['span_id']),
  flags: path(['flags']),
  dropped: path(['dropped_attributes_count']),
  resourceSchemaUrl: path(['resource', 'schema_url']),
  resourceDropped: path(['resource', 'dropped_attributes_count']),
  scopeName: path(['scope', 'name']),
  scopeVersion: path(['scope', 'version']),
  scopeSchemaUrl: path(['scope', 'schema_url']),
  scopeDropped: path(['scope', 'dropped_attributes_count']),
} as const

class AttributesView implements Attributes {
  readonly #reader: Reader
  readonly #field: AttributesField

  constructor(reader: Reader, field: AttributesField) {
    this.#reader = reader
    this.#field = field
  }
  get size(): number {
    let count = 0
    for (const _ of this.#reader.entries(this.#field)) count++
    return count
  }
  has(key: string): boolean {
    return this.get(key) !== undefined
  }
  get(key: string): Value | undefined {
    return this.#reader.get(attributeHandle(this.#field, key))
  }
  [Symbol.iterator](): Iterator<readonly [string, Value]> {
    return this.#reader.entries(this.#field)[Symbol.iterator]()
  }
}

export class LogView implements LogRecord {
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }
  get time(): bigint {
    return this.#reader.get(handles.time) as bigint
  }
  get observedTime(): bigint {
    return this.#reader.get(handles.observedTime) as bigint
  }
  get severity(): number {
    return this.#reader.get(handles.severity) as number
  }
  get severityText(): string {
    return this.#reader.get(handles.severityText) as string
  }
  get eventName(): string {
    return this.#reader.get(handles.eventName) as string
  }
  get body(): Value | undefined {
    return this.#reader.get(handles.body)
  }
  get traceId(): string {
    return this.#reader.get(handles.traceId) as string
  }
  get spanId(): string {
    return this.#reader.get(handles.spanId) as string
  }
  get flags(): number {
    return this.#reader.get(handles.flags) as number
  }
  get attributes(): Attributes {
    return new AttributesView(this.#reader, Field.attributes)
  }
  get resource(): Resource {
    const reader = this.#reader
    return {
      attributes: new AttributesView(reader, Field.resourceAttributes),
      schemaUrl: reader.get(handles.resourceSchemaUrl) as string,
    }
  }
  get scope(): Scope {
    const reader = this.#reader
    return {
      name: reader.get(handles.scopeName) as string,
      version: reader.get(handles.scopeVersion) as string,
      attributes: new AttributesView(reader, Field.scopeAttributes),
      schemaUrl: reader.get(handles.scopeSchemaUrl) as string,
    }
  }
  get origin(): Origin | undefined {
    return this.#reader.origin()
  }
  get(at: Path): Value | undefined {
    return this.#reader.get(handleOf(at))
  }
  kind(at: Path): ValueKind | undefined {
    return this.#reader.kind(handleOf(at))
  }
  /** Whether this very text, which is `bytes` in UTF-8, stands at a path: without making a string of what does. */
  isText(at: Path, text: string, bytes: Uint8Array): boolean {
    const reader = this.#reader
    const handle = handleOf(at)
    return reader.isText === undefined ? reader.get(handle) === text : reader.isText(handle, text, bytes)
  }
  keep(): LogRecord {
    return this.#reader.keep()
  }
}
