/**
 * Holds events to their schemas. What breaks its schema is refused with the place that is wrong, the rest of the batch goes
 * on; what is of an older version is brought up to date by the registry's migrations; what is newer than anything known
 * passes, flagged; unknown types pass, counted. Says when events of a type are no longer made as they were.
 */
import { type Batch, CollectorError, concat, definePlugin, type LogInit, logs } from 'seneca-collector'
import { editBatch, type Program } from 'seneca-collector/ottl'
import type { SchemaRegistryFace } from 'seneca-collector/schemas'
import { createDriftWatch } from './drift.ts'
import { judge, readData, versionOf, type Verdict } from './judge.ts'
import { schema } from './schema.ts'
import { settle } from './settle.ts'
import { createUpcasts } from './upcast.ts'

export default definePlugin({
  kind: 'processor',
  type: 'validate',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Refuses events that break their schema, brings older versions up to date, and tells of schema drift.',
  schema,
  examples: [{ title: 'The usual one', yaml: 'registry: schema_registry' }],
  *check(config, { extensions }) {
    if (extensions.includes(config.registry)) return
    const there = extensions.length === 0 ? 'there are no extensions' : `there are ${extensions.join(', ')}`
    yield { path: ['registry'], message: `there is no extension '${config.registry}'; ${there}` }
  },
  create(ctx, config) {
    const counter = ctx.meter.counter('seneca_validate_events', {
      description: 'Events by what the registry says about them.',
      unit: '{events}',
    })
    const watch = config.drift.enabled ? createDriftWatch(ctx.storage, ctx.id, config.drift) : undefined
    let upcasts: readonly Program[] = []

    const upcast = (batch: Batch<'logs'>): Batch<'logs'> => {
      if (upcasts.length === 0) return batch
      const { changed, failed, error } = editBatch(batch, upcasts)
      if (error !== undefined)
        ctx.refused(
          batch.filter((_, i) => failed.has(i)),
          new CollectorError('invalid_data', `a migration failed: ${error.message}`),
        )
      return changed as Batch<'logs'>
    }

    const judgeAll = (batch: Batch<'logs'>, made: LogInit[]): readonly Verdict[] => {
      const schemas = ctx.extension<SchemaRegistryFace>(config.registry).schemas()
      return Array.from(batch, (record) => {
        const data = readData(record)
        if (watch !== undefined) made.push(...watch.look(record, data))
        const verdict = judge(schemas, record, data)
        counter.add(1, { outcome: verdict.is })
        if (verdict.is !== 'refused') return verdict
        const given = versionOf(record)
        const named = typeof given === 'string' ? ` ${given}` : ''
        return { is: 'refused', reason: `${record.eventName}${named} breaks its schema: ${verdict.reason}` }
      })
    }

    return {
      start() {
        upcasts = createUpcasts(ctx.extension<SchemaRegistryFace>(config.registry).migrations)
      },
      async consume(given, signal) {
        const batch = upcast(given as Batch<'logs'>)
        const made: LogInit[] = []
        const kept = settle(ctx, batch, judgeAll(batch, made))
        ctx.created(made.length)
        try {
          const out = made.length === 0 ? kept : concat([kept, logs(made)])
          if (out.count > 0) await ctx.next(out, signal)
        } catch (error) {
          ctx.created(-made.length)
          watch?.undo()
          throw error
        }
        await watch?.commit()
      },
      inspect: (topic) => (topic === '' && watch ? { types_watched: watch.types } : undefined),
    }
  },
})
