/** A block: checked LogRecords in one buffer, and the resources and scopes they belong to. Never changes. */
import type { Bytes } from '../bytes.ts'
import { emptyGroup, emptyLog } from '../plain/record.ts'
import type { Group, PlainLog } from '../plain/record.ts'
import type { Origin } from '../types.ts'
import { readGroup } from './read-log.ts'

/** Rows: five words for each record. The tag of its field, its message, its group, and its place after the origin. */
export const ROW_TAG = 0
export const ROW_START = 1
export const ROW_END = 2
export const ROW_GROUP = 3
export const ROW_OFFSET = 4
export const ROW = 5

/** The fields of ResourceLogs beside scope_logs, and those of ScopeLogs beside log_records, as they came. */
export class OtlpGroup {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
  #plain: Group | undefined
  #log: PlainLog | undefined

  constructor(resource: Uint8Array, scope: Uint8Array) {
    this.resource = resource
    this.scope = scope
  }
  /** A record of which nothing is known but its group. */
  get log(): PlainLog {
    this.#log ??= { ...emptyLog(), group: this.plain }
    return this.#log
  }
  get plain(): Group {
    this.#plain ??= readGroup(this.resource, this.scope, emptyGroup)
    return this.#plain
  }
}

export interface OtlpBlock {
  readonly bytes: Bytes
  readonly rows: Int32Array
  readonly groups: readonly OtlpGroup[]
  /** Where the request was read; record i of it stands i further. */
  readonly origin: Origin | undefined
  /** The bytes are one request with exactly these records. */
  readonly isRequest: boolean
  /** False: no log record has the name of an event. */
  readonly mayBeNamed: boolean
}
