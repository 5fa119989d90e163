/** Editing a plain record in place; its values are shared and never changed in place. */
import { Field } from '../path.ts'
import type { AttributesField, Handle } from '../path.ts'
import type { Value } from '../types.ts'
import { asValue, deleteIn, isMap, setIn } from '../value.ts'
import { refuse, setScalar, withGroupEntries } from './fields.ts'
import { readScalar } from './read.ts'
import { entriesIn } from './record.ts'
import type { Entry, PlainLog } from './record.ts'

const putEntries = (log: PlainLog, field: AttributesField, entries: readonly Entry[]): void => {
  if (field === Field.attributes) log.attributes = entries
  else log.group = withGroupEntries(log.group, field, entries)
}

const asKey = (key: string | number): string => {
  if (typeof key === 'string') return key
  throw new TypeError(`attributes have keys, no index ${key}`)
}

/** The entries with `key` set: the first of that name changes, others of that name go. */
const withEntry = (
  entries: readonly Entry[],
  key: string,
  change: (old: Value | undefined) => Value,
): readonly Entry[] => {
  const at = entries.findIndex((entry) => entry[0] === key)
  if (at < 0) return [...entries, [key, change(undefined)]]
  const next: Entry = [key, change(entries[at]![1])]
  return entries.flatMap((entry, i) => (i === at ? [next] : entry[0] === key ? [] : [entry]))
}

/** Throws `TypeError` when the field cannot hold the value. */
export const setPlain = (log: PlainLog, handle: Handle, input: Value): void => {
  const { field, rest } = handle
  // Instants are uint64, which is more than a value holds.
  const isTime =
    (field === Field.time || field === Field.observedTime) && rest.length === 0 && typeof input === 'bigint'
  const value = isTime ? input : asValue(input)
  switch (field) {
    case Field.body:
      log.body = setIn(log.body, rest, 0, value)
      return
    case Field.attributes:
    case Field.resourceAttributes:
    case Field.scopeAttributes: {
      if (rest.length > 0) {
        putEntries(
          log,
          field,
          withEntry(entriesIn(log, field), asKey(rest[0]!), (old) => setIn(old, rest, 1, value)),
        )
      } else if (isMap(value)) putEntries(log, field, Object.entries(value))
      else refuse('attributes', value)
      return
    }
    default:
      if (rest.length > 0) throw new TypeError(`${handle.keys[0]} holds no further keys`)
      setScalar(log, field, value)
  }
}

export const deletePlain = (log: PlainLog, handle: Handle): void => {
  const { field, rest } = handle
  switch (field) {
    case Field.body:
      log.body = rest.length === 0 || log.body === undefined ? undefined : deleteIn(log.body, rest, 0)
      return
    case Field.attributes:
    case Field.resourceAttributes:
    case Field.scopeAttributes:
      deleteEntry(log, field, rest)
      return
    default:
      if (rest.length === 0) clearScalar(log, field)
  }
}

const deleteEntry = (log: PlainLog, field: AttributesField, rest: readonly (string | number)[]): void => {
  const entries = entriesIn(log, field)
  if (rest.length === 0) return putEntries(log, field, [])
  const key = rest[0]!
  if (rest.length === 1)
    return putEntries(
      log,
      field,
      entries.filter((entry) => entry[0] !== key),
    )
  const at = entries.findIndex((entry) => entry[0] === key)
  const old = entries[at]
  if (old) putEntries(log, field, entries.with(at, [old[0], deleteIn(old[1], rest, 1)]))
}

const clearScalar = (log: PlainLog, field: Field): void => {
  if (field === Field.time) log.time = 0n
  else if (field === Field.observedTime) log.observedTime = 0n
  else if (field === Field.resource || field === Field.scope) setScalar(log, field, {})
  else setScalar(log, field, typeof readScalar(log, field) === 'string' ? '' : 0)
}
