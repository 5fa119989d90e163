/**
 * Snapshots in, changes out. Events that say how a thing is (a poll's answer, a metric, a row) become events that say
 * what has changed about it. It forwards at once and acks with the forward; the base of a key moves only when that
 * succeeded, and is saved with it, so the same input again gives the same changes with the same ids.
 */
import {
  CollectorError,
  concat,
  definePlugin,
  logs,
  path,
  type Batch,
  type LogRecord,
  type Value,
} from 'seneca-collector'
import { compilePattern, diffList, diffRow, event, eventId, patternProblem, type Row } from 'seneca-collector/events'
import { createBases } from './bases.ts'
import { schema } from './options.ts'

const UID = path(['attributes', 'log.record.uid'])

const attributeOf: Readonly<Record<string, string>> = {
  agent_id: 'marcus.agent.id',
  agent_name: 'marcus.agent.name',
  agent_role: 'marcus.agent.role',
  task_id: 'marcus.task.id',
  task_name: 'marcus.task.name',
  project_id: 'marcus.project.id',
  project_name: 'marcus.project.name',
}

/** A field by its key in `data`, by an attribute's name, or `body.x.y`. */
const reader = (field: string): ((record: LogRecord) => Value | undefined) => {
  const places = field.startsWith('body.')
    ? [path(field.split('.'))]
    : [attributeOf[field] ?? `marcus.${field}`, field].map((name) => path(['attributes', name]))
  return (record) => places.map((place) => record.get(place)).find((value) => value !== undefined)
}

const isTexts = (value: Value | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Steps are reached once: what has fallen since counts as still reached. */
const highest = (before: Row, after: Row): Row =>
  Object.fromEntries(
    Object.entries(after).map(([field, value]) => {
      const old = before[field]
      return [field, typeof old === 'number' && typeof value === 'number' && old > value ? old : value]
    }),
  )

export default definePlugin({
  kind: 'processor',
  type: 'state_change',
  signals: ['logs'],
  stability: 'beta',
  role: 'observer',
  summary: 'Compares snapshots of a thing with the ones before and adds an event for each change.',
  schema,
  examples: [
    {
      title: "an agent's status, as a poll sees it",
      yaml: `rules:
  - match: agent.status.updated
    key: agent_id
    fields: [status]
    emit: agent.status.changed
    map: { working: active, available: idle }`,
    },
    {
      title: 'skills that come and go, quarters of a project',
      yaml: `rules:
  - { match: agent.registered, key: agent_id, fields: [skills], emit: agent.skills.updated, as: list }
  - { match: project.status.updated, key: project_id, fields: [progress], emit: project.milestone.reached, as: steps, steps: [25, 50, 75, 100] }`,
    },
  ],
  *check(config) {
    for (const [index, rule] of config.rules.entries()) {
      const problem = patternProblem(rule.match)
      if (problem !== undefined) yield { path: ['rules', index, 'match'], message: problem }
      if (rule.as === 'steps' && (rule.steps ?? []).length === 0) {
        yield { path: ['rules', index], message: '`as: steps` needs `steps`', suggestion: 'steps: [25, 50, 75, 100]' }
      }
      if (patternProblem(rule.emit) !== undefined || /[*>]/.test(rule.emit)) {
        yield { path: ['rules', index, 'emit'], message: `'${rule.emit}' is no type of event` }
      }
    }
  },
  create: (ctx, config) => {
    const bases = createBases(ctx.storage, config.keys_max)
    const rules = config.rules.map((rule, index) => ({
      ...rule,
      index,
      matches: compilePattern(rule.match),
      keyOf: reader(rule.key),
      fieldsOf: rule.fields.map((field) => ({ field, read: reader(field) })),
    }))
    type Rule = (typeof rules)[number]

    const mapped = (rule: Rule, value: Value | undefined): Value | undefined =>
      typeof value === 'string' ? (rule.map?.[value] ?? value) : value

    const rowOf = (rule: Rule, record: LogRecord): Row =>
      Object.fromEntries(rule.fieldsOf.map(({ field, read }) => [field, mapped(rule, read(record))]))

    const dataOf = (rule: Rule, before: Row, after: Row): Readonly<Record<string, Value | undefined>>[] => {
      if (rule.as === 'list') {
        return diffRow(before, after, rule.fields).flatMap(({ from, to }) => {
          const { added, removed } = diffList(isTexts(from) ? from : [], isTexts(to) ? to : [])
          return added.length + removed.length === 0 ? [] : [{ added, removed }]
        })
      }
      if (rule.as === 'steps') {
        return diffRow(before, after, rule.fields).flatMap(({ from, to }) =>
          (rule.steps ?? [])
            .filter((step) => typeof to === 'number' && to >= step && !(typeof from === 'number' && from >= step))
            .map((step) => ({ percent: step })),
        )
      }
      return diffRow(before, after, rule.fields).map(({ field, from, to }) => ({
        [`old_${field}`]: from ?? null,
        [`new_${field}`]: to ?? null,
      }))
    }

    const changesOf = (rule: Rule, record: LogRecord) => {
      const key = rule.keyOf(record)
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint') return []
      const name = `${rule.index}\u001f${String(key)}`
      const known = bases.get(name)
      const seen = rowOf(rule, record)
      const after = rule.as === 'steps' && known !== undefined ? highest(known.row, seen) : seen
      const uid = record.get(UID)
      bases.set(name, after, record.time)
      if (known === undefined || record.time < known.time) return []
      return dataOf(rule, known.row, after).map((data, at) => {
        const count = bases.count(name)
        return event({
          type: rule.emit,
          id: eventId(ctx.id, rule.emit, [String(key), String(at)], count),
          source: ctx.id,
          time: record.time,
          data: {
            [rule.key]: key,
            ...data,
            ...(rule.emit === 'agent.status.changed' ? { transition_time: iso(record.time) } : {}),
          },
          derived: true,
          ...(typeof uid === 'string' ? { evidence: [uid] } : {}),
          ...(record.traceId === '' ? {} : { traceId: record.traceId }),
        })
      })
    }

    return {
      async consume(batch: Batch, signal) {
        if (batch.signal !== 'logs') throw new CollectorError('invalid_data', 'state_change takes logs only')
        const input = batch as Batch<'logs'>
        const undo = bases.begin()
        const made = [...input].flatMap((record) =>
          rules.flatMap((rule) => (rule.matches(record.eventName) ? changesOf(rule, record) : [])),
        )
        try {
          if (made.length > 0) ctx.created(made.length)
          await ctx.next(made.length === 0 ? batch : concat([input, logs(made)]), signal)
        } catch (error) {
          undo()
          throw error
        }
        await bases.save()
      },
      inspect: () => ({ keys: bases.size, evicted: bases.evicted }),
    }
  },
})

const iso = (nanos: bigint): string => new Date(Number(nanos / 1_000_000n)).toISOString()
