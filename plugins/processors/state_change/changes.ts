/** What has changed between two snapshots, in the words of a rule: types and data of events. */
import { timeToText, type Value } from 'seneca-collector'
import { diffList, diffRow, diffSnapshots, type FieldChange, type Row, type Snapshot } from 'seneca-collector/events'
import type { DataMap, Rule } from './options.ts'
import { grouped, keyNames, MEMBERS, type Seen } from './snapshots.ts'

export interface Change {
  readonly type: string
  readonly data: Readonly<Record<string, Value | undefined>>
  /** Tells the changes of one snapshot apart. */
  readonly natural: readonly string[]
}

/** What the sources of a data map are looked up in. */
interface Facts {
  readonly key: readonly Value[]
  readonly before: Row
  readonly after: Row
  readonly field: FieldChange | undefined
  readonly more: Readonly<Record<string, Value>>
  readonly row: (place: string) => Value | undefined
}

const SOURCE = /^(key|old|new|added|removed|step|time)$|^(key|old|new|row)\.(.+)$/

export const sourceProblem = (source: DataMap[string]): string | undefined =>
  typeof source !== 'string' || SOURCE.test(source)
    ? undefined
    : `'${source}' is no source: key, key.NAME, old, new, old.FIELD, new.FIELD, added, removed, step, time, row.PATH, or { value: … }`

const lookUp = (source: DataMap[string], facts: Facts, names: readonly string[]): Value | undefined => {
  if (typeof source !== 'string') return source.value as Value
  const dot = source.indexOf('.')
  const [what, place] = dot < 0 ? [source, ''] : [source.slice(0, dot), source.slice(dot + 1)]
  if (what === 'row') return facts.row(place)
  if (what === 'key') return place === '' ? facts.key[0] : facts.key[names.indexOf(place)]
  if (what === 'old') return (place === '' ? facts.field?.from : facts.before[place]) ?? null
  if (what === 'new') return (place === '' ? facts.field?.to : facts.after[place]) ?? null
  return facts.more[what]
}

const texts = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []

const plainName = (field: string): string => field.slice(field.lastIndexOf('.') + 1)

const keyData = (rule: Rule): DataMap => Object.fromEntries(keyNames(rule).map((name) => [name, `key.${name}`]))

/** What is said where the rule does not say what to say. */
const usual = (rule: Rule, changed: readonly FieldChange[]): DataMap => {
  if (rule.as === 'list') return { ...keyData(rule), added: 'added', removed: 'removed' }
  if (rule.as === 'steps') return { ...keyData(rule), percent: 'step' }
  const both = changed.flatMap(({ field }) => [
    [`old_${plainName(field)}`, `old.${field}`],
    [`new_${plainName(field)}`, `new.${field}`],
  ])
  return {
    ...(rule.group_by === undefined ? keyData(rule) : { [plainName(rule.group_by)]: 'key' }),
    ...Object.fromEntries(both),
  }
}

export interface Compared {
  readonly changes: readonly Change[]
  readonly rows: Snapshot
  /** Whether the snapshots differ in what the rule looks at. */
  readonly differs: boolean
}

/** Steps are reached once: what has fallen since still counts as reached. */
const highest = (before: Row | undefined, after: Row): Row =>
  Object.fromEntries(
    Object.entries(after).map(([field, value]) => {
      const old = before?.[field]
      return [field, typeof old === 'number' && !(typeof value === 'number' && value >= old) ? old : value]
    }),
  )

/** An event's data by its map. */
const say = (rule: Rule, type: string, map: DataMap, facts: Facts, natural: readonly string[]): Change => ({
  type,
  natural,
  data: Object.fromEntries(Object.entries(map).map(([key, source]) => [key, lookUp(source, facts, keyNames(rule))])),
})

/** One row has changed: an event, or one a field, or one a step. */
const tell = (
  rule: Rule,
  facts: Facts,
  changed: readonly FieldChange[],
  natural: readonly string[],
): readonly Change[] => {
  const { emit } = rule
  if (emit === undefined) return []
  const map = rule.data ?? usual(rule, changed)
  if (rule.as === 'fields' || rule.group_by !== undefined)
    return [say(rule, emit, map, { ...facts, field: changed[0] }, natural)]
  return changed.flatMap((field) => {
    const place = [...natural, field.field]
    if (rule.as === 'list') {
      const { added, removed } = diffList(texts(field.from), texts(field.to))
      const more = { ...facts.more, added, removed }
      return added.length + removed.length === 0 ? [] : [say(rule, emit, map, { ...facts, field, more }, place)]
    }
    return rule.steps
      .filter((step) => typeof field.to === 'number' && field.to >= step)
      .filter((step) => !(typeof field.from === 'number' && field.from >= step))
      .map((step) => say(rule, emit, map, { ...facts, field, more: { ...facts.more, step } }, [...place, String(step)]))
  })
}

type FactsOf = (key: string, old: Row, after: Row) => Facts

const compareGroups = (rule: Rule, before: Snapshot, seen: Seen, factsOf: FactsOf): Compared => {
  const [was, is] = [grouped(before), grouped(seen.rows)]
  const nobody: Row = { [MEMBERS]: [] }
  const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((group) => {
    const [old, after] = [was.get(group) ?? nobody, is.get(group) ?? nobody]
    const changed = diffRow(old, after)
    return changed.length === 0 ? [] : tell(rule, factsOf(group, old, after), changed, ['group', group])
  })
  return { changes, rows: seen.rows, differs: changes.length > 0 }
}

const compareRows = (rule: Rule, before: Snapshot, seen: Seen, factsOf: FactsOf): Compared => {
  const rows =
    rule.as === 'steps' ? new Map([...seen.rows].map(([key, row]) => [key, highest(before.get(key), row)])) : seen.rows
  const { changed, added, removed } = diffSnapshots(before, rows, rule.fields)
  const { appeared, left } = rule
  const came = appeared === undefined ? [] : added
  const gone = left === undefined ? [] : removed
  const changes = [
    ...changed.flatMap((row) => tell(rule, factsOf(row.key, row.before, row.after), row.fields, ['changed', row.key])),
    ...came.map(({ key, row }) =>
      say(rule, appeared!.type, appeared!.data ?? keyData(rule), factsOf(key, {}, row), ['appeared', key]),
    ),
    ...gone.map(({ key, row }) =>
      say(rule, left!.type, left!.data ?? keyData(rule), factsOf(key, row, {}), ['left', key]),
    ),
  ]
  // What has fallen below a step reached before is a difference, though nothing is told of it.
  const moved = rule.as === 'steps' && diffSnapshots(before, seen.rows, rule.fields).changed.length > 0
  return { changes, rows, differs: moved || changed.length + added.length + removed.length > 0 }
}

/** `time` is the later snapshot's. */
export const compare = (rule: Rule, before: Snapshot, seen: Seen, time: bigint): Compared => {
  const more = { time: timeToText(time) }
  const keyOf = (key: string): readonly Value[] => {
    if (rule.rows !== undefined) return [key, ...seen.key]
    return rule.group_by === undefined ? seen.key : [key]
  }
  const factsOf: FactsOf = (key, old, after) => ({
    key: keyOf(key),
    before: old,
    after,
    field: undefined,
    more,
    row: (place) => seen.read(key, place),
  })
  return (rule.group_by === undefined ? compareRows : compareGroups)(rule, before, seen, factsOf)
}
