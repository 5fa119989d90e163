/**
 * Comparing snapshots: rows under keys, now and before, and what has come, gone and changed between them. Used by the
 * marcus receiver (boards, assignments, lists of agents) and by the state_change processor. Values are compared by
 * content; the order of keys in a map means nothing, the order of a list does.
 */
import type { Value } from '../model/index.ts'

export type Row = Readonly<Record<string, Value | undefined>>
export type Snapshot = ReadonlyMap<string, Row>

export interface FieldChange {
  readonly field: string
  readonly from: Value | undefined
  readonly to: Value | undefined
}
export interface RowChange {
  readonly key: string
  readonly before: Row
  readonly after: Row
  readonly fields: readonly FieldChange[]
}
export interface SnapshotDiff {
  readonly added: readonly { readonly key: string; readonly row: Row }[]
  readonly removed: readonly { readonly key: string; readonly row: Row }[]
  readonly changed: readonly RowChange[]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** Equality by content; numbers of all kinds by value. */
export const sameValue = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  if (keys.length === 0) return JSON.stringify(a) === JSON.stringify(b)
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
}

/** The fields that differ; `fields` limits which are looked at. */
export const diffRow = (before: Row, after: Row, fields?: readonly string[]): FieldChange[] =>
  [...new Set(fields ?? [...Object.keys(before), ...Object.keys(after)])].flatMap((field) =>
    sameValue(before[field], after[field]) ? [] : [{ field, from: before[field], to: after[field] }],
  )

export const diffSnapshots = (before: Snapshot, after: Snapshot, fields?: readonly string[]): SnapshotDiff => ({
  added: [...after].flatMap(([key, row]) => (before.has(key) ? [] : [{ key, row }])),
  removed: [...before].flatMap(([key, row]) => (after.has(key) ? [] : [{ key, row }])),
  changed: [...after].flatMap(([key, row]) => {
    const old = before.get(key)
    const changes = old === undefined ? [] : diffRow(old, row, fields)
    return old === undefined || changes.length === 0 ? [] : [{ key, before: old, after: row, fields: changes }]
  }),
})

/** Two lists as sets. */
export const diffList = (
  before: readonly string[],
  after: readonly string[],
): { readonly added: readonly string[]; readonly removed: readonly string[] } => ({
  added: after.filter((item) => !before.includes(item)),
  removed: before.filter((item) => !after.includes(item)),
})
