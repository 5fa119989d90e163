/** A rule's eye: what a record is a snapshot of, as rows under keys. */
import { hash } from 'node:crypto'
import { isList, isMap, type LogRecord, type Value } from 'seneca-collector'
import type { Row, Snapshot } from 'seneca-collector/events'
import type { Rule } from './options.ts'
import { inRow, keyText, placeName, placeOf, plain, type Read } from './places.ts'

export interface Seen {
  /** What the base is kept under. */
  readonly name: string
  /** The key of the one thing, or of the list. */
  readonly key: readonly Value[]
  readonly rows: Snapshot
  /** What a place inside a row says; the record's where there are no rows. */
  readonly read: (rowKey: string, place: string) => Value | undefined
}
export type Look = Seen | 'unreadable' | undefined

/** The one field of a rule with `group_by`. */
export const MEMBERS = 'members'
const RULE_NAME_LENGTH = 16
const SEPARATOR = '\u001f'

const translate = (rule: Rule, value: Value | undefined): Value | undefined =>
  typeof value === 'string' && Object.hasOwn(rule.words, value) ? rule.words[value] : value

export const keyPlaces = (rule: Rule): readonly string[] =>
  rule.key === undefined ? [] : typeof rule.key === 'string' ? [rule.key] : rule.key

/** What the parts of a key are called: of a row's, or of the thing's own. */
export const keyNames = (rule: Rule): readonly string[] => [
  ...(rule.rows === undefined ? [] : [placeName(rule.row_key ?? rule.rows)]),
  ...keyPlaces(rule).map(placeName),
]

/** Rows under their keys; undefined when there is no list. The first of equal keys counts, as in a record's attributes. */
const rowsOf = (rule: Rule, value: Value | undefined): ReadonlyMap<string, Value> | undefined => {
  const given: (readonly [string | undefined, Value])[] | undefined = isList(value)
    ? value.map((row) => [keyText(rule.row_key === undefined ? row : inRow(row, rule.row_key)), row])
    : isMap(value)
      ? Object.entries(value).map(([key, row]) => [
          rule.row_key === undefined ? key : keyText(inRow(row, rule.row_key)),
          row,
        ])
      : undefined
  if (given === undefined) return undefined
  const rows = new Map<string, Value>()
  for (const [key, row] of given) if (key !== undefined && !rows.has(key)) rows.set(key, row)
  return rows
}

/** The same things, as the members of each group. */
export const grouped = (rows: Snapshot): Map<string, Row> => {
  const groups = new Map<string, string[]>()
  for (const [key, row] of rows) {
    const group = keyText(row[MEMBERS])
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), key])
  }
  return new Map([...groups].map(([group, members]) => [group, { [MEMBERS]: members.toSorted() }]))
}

export const createEye = (rule: Rule): ((record: LogRecord) => Look) => {
  const keys = keyPlaces(rule).map(placeOf)
  const gathers = rule.group_by !== undefined && rule.rows === undefined
  // By what it says, so that its bases survive the coming and going of other rules, and not its own change.
  const ruleName = hash('sha256', JSON.stringify(rule), 'hex').slice(0, RULE_NAME_LENGTH)
  const list = rule.rows === undefined ? undefined : placeOf(rule.rows)
  const fields: readonly (readonly [name: string, place: string])[] =
    rule.group_by === undefined ? rule.fields.map((field) => [field, field]) : [[MEMBERS, rule.group_by]]
  const places = new Map<string, Read>(fields.map(([, place]) => [place, placeOf(place)]))
  const placeRead = (place: string): Read => {
    const known = places.get(place)
    if (known !== undefined) return known
    const read = placeOf(place)
    // One entry a `row.` source of the configuration.
    places.set(place, read)
    return read
  }
  const rowWith = (read: (place: string) => Value | undefined): Row =>
    Object.fromEntries(fields.map(([name, place]) => [name, translate(rule, read(place))]))

  return (record) => {
    const key = keys.map((read) => read(record))
    const texts = key.map(keyText)
    if (texts.includes(undefined)) return undefined
    const name = gathers ? ruleName : [ruleName, ...texts].join(SEPARATOR)
    const known = key.filter((part) => part !== undefined)
    if (list === undefined) {
      const thing = texts.join('/')
      const read = (_key: string, place: string): Value | undefined => placeRead(place)(record)
      return { name, key: known, read, rows: new Map([[thing, rowWith((place) => placeRead(place)(record))]]) }
    }
    const given = rowsOf(rule, list(record))
    if (given === undefined) return 'unreadable'
    const readRow = (rowKey: string, place: string): Value | undefined => {
      const value = inRow(given.get(rowKey), place)
      return value === undefined ? undefined : plain(value)
    }
    return {
      name,
      key: known,
      read: readRow,
      rows: new Map([...given.keys()].map((rowKey) => [rowKey, rowWith((place) => readRow(rowKey, place))])),
    }
  }
}
