/**
 * Resources and scopes are shared: what one record's statements make of them holds for all records of the same resource
 * (scope), later ones see it, and statements of the resource (scope) context run once for it. Records share a resource when
 * what it says is the same.
 */
import { path, valueToJson } from '../model/index.ts'
import type { Batch, BaseRecord, DraftOf, Signal, Value } from '../model/index.ts'

type Level = 'resource' | 'scope'

const handles = {
  resource: [
    ['resource', 'attributes'],
    ['resource', 'schema_url'],
    ['resource', 'dropped_attributes_count'],
  ].map((at) => path(at)),
  scope: [
    ['scope', 'name'],
    ['scope', 'version'],
    ['scope', 'attributes'],
    ['scope', 'schema_url'],
    ['scope', 'dropped_attributes_count'],
  ].map((at) => path(at)),
}

const valuesOf = (record: BaseRecord, level: Level): readonly (Value | undefined)[] =>
  handles[level].map((handle) => record.get(handle))
const textOf = (values: readonly (Value | undefined)[]): string =>
  values.map((value) => (value === undefined ? '' : valueToJson(value))).join('\n')

/** What became of one resource or scope. */
interface Group {
  values: readonly (Value | undefined)[]
  text: string
  changed: boolean
  failed: boolean
  ran: boolean
}

const apply = (draft: DraftOf[Signal], level: Level, { values }: Group): void => {
  handles[level].forEach((handle, i) => {
    const value = values[i]
    if (value === undefined) draft.delete(handle)
    else draft.set(handle, value)
  })
}

export interface SharedEdit {
  /** Levels whose edits are shared. */
  readonly levels: readonly Level[]
  /** Run once for each group of this level, not for each record. */
  readonly once: Level | undefined
  /** Runs the statements on a record; answers false when it failed. */
  readonly run: (draft: DraftOf[Signal], index: number) => boolean
  /** A record of a group whose statements failed. */
  readonly fail: (index: number) => void
}

export const editShared = (batch: Batch, { levels, once, run, fail }: SharedEdit): Batch => {
  const groups = new Map<string, Group>()
  /** For each record its groups. */
  const seen: { readonly level: Level; readonly group: Group }[][] = []
  const groupOf = (record: BaseRecord, level: Level): Group => {
    const values = valuesOf(record, level)
    const text = textOf(values)
    // A scope belongs to its resource.
    const key = level === 'resource' ? text : `${textOf(valuesOf(record, 'resource'))}\n\n${text}`
    const found = groups.get(`${level}\n${key}`)
    if (found !== undefined) return found
    const made = { values, text, changed: false, failed: false, ran: false }
    groups.set(`${level}\n${key}`, made)
    return made
  }
  const edited = batch.edit((draft, i) => {
    const mine = levels.map((level) => ({ level, group: groupOf(draft.record, level) }))
    for (const { level, group } of mine)
      if (textOf(valuesOf(draft.record, level)) !== group.text) apply(draft, level, group)
    const only = mine.find(({ level }) => level === once)?.group
    if (only === undefined || !only.ran) {
      const isGood = run(draft, i)
      if (only !== undefined) {
        only.ran = true
        only.failed = !isGood
      }
    } else if (only.failed) fail(i)
    for (const { level, group } of mine) {
      const values = valuesOf(draft.record, level)
      const text = textOf(values)
      if (text !== group.text) Object.assign(group, { values, text, changed: true })
    }
    seen[i] = mine
  })
  if (![...groups.values()].some(({ changed }) => changed)) return edited
  // All records of a group are given the same, so that they stay together.
  return edited.edit((draft, i) => {
    for (const { level, group } of seen[i]!) if (group.changed) apply(draft, level, group)
  })
}
