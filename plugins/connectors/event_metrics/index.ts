/**
 * Turns events into metrics: counts by type, sliding windows, durations, volume and latency bands, service level objectives.
 * Metrics go to the pipelines of metrics that name it, what is worth saying (a band entered, a budget that burns) to those
 * of logs.
 *
 * The state is saved with every flush: after a crash counters go on from the last one, at most `flush_interval` old.
 */
import { deserialize, serialize } from 'node:v8'
import { CollectorError, definePlugin, logs, metrics } from 'seneca-collector'
import type { Batch, ConfigProblem, Infer } from 'seneca-collector'
import { checkConditions, toConfigProblems } from 'seneca-collector/ottl'
import { knownDurations } from './known-durations.ts'
import { createMeters, type MetersState } from './meters.ts'
import { noticesOf } from './notices.ts'
import { objectiveProblem } from './objectives.ts'
import { readingsOf } from './readings.ts'
import { schema } from './schema.ts'

const STATE = 'meters'
const resource = { attributes: { 'service.name': 'marcus' } }

export default definePlugin({
  kind: 'connector',
  type: 'event_metrics',
  signals: ['logs'],
  makes: ['metrics', 'logs'],
  stability: 'beta',
  summary: 'Turns events into metrics: counts, windows, durations, volume and latency bands, objectives.',
  schema,
  examples: [
    { title: 'The defaults', yaml: 'windows: [1m, 5m, 1h]' },
    {
      title: 'Objectives with burn alerts',
      yaml: `dimensions: [project_id]
slos:
  - { name: quick assignment, objective: 0.95, duration: marcus.task.assignment.duration, threshold: 2s }
  - { name: tasks succeed, objective: 0.9, total: 'type == "task.completed" or type == "task.recovered"', good: 'type == "task.completed"' }`,
    },
  ],
  *check(config: Infer<typeof schema>): Iterable<ConfigProblem> {
    const names = [...knownDurations, ...config.durations].map(({ name }) => name)
    for (const [i, slo] of config.slos.entries()) {
      const problem = objectiveProblem(slo, names)
      if (problem !== undefined) yield { path: ['slos', i], message: problem }
      for (const key of ['total', 'good'] as const) {
        if (slo[key] === undefined) continue
        yield* toConfigProblems(['slos', i, key], checkConditions([slo[key]], { context: 'event' }), { single: true })
      }
    }
  },
  create(ctx, config) {
    const saved = ctx.storage.get(STATE)
    const meters = createMeters(config, ctx.clock.nanos(), saved && (deserialize(saved) as MetersState))
    let timer: (() => void) | undefined

    const send = async (batch: Batch): Promise<void> => {
      const wanted = ctx.outputs.filter((id) => id.split('/', 1)[0] === batch.signal)
      for (const id of batch.count > 0 ? wanted : []) {
        try {
          await ctx.to(id)(batch)
        } catch (thrown) {
          // The next flush says it again: all of it is cumulative.
          ctx.log.warn('readings were not taken', { pipeline: id, reason: CollectorError.from(thrown).message })
        }
      }
    }
    const flush = async (): Promise<void> => {
      const now = ctx.clock.now()
      const notices = noticesOf(ctx.id, meters, now)
      await send(
        metrics(readingsOf(meters, config, now), { resource, scope: { name: 'seneca-collector/event_metrics' } }),
      )
      await send(logs(notices))
      await ctx.storage.commit([[STATE, serialize(meters.snapshot())]])
    }
    const tick = (): void =>
      void flush().catch((thrown: unknown) => ctx.status.report('degraded', CollectorError.from(thrown).message))
    return {
      start() {
        timer = ctx.clock.every(config.flush_interval, tick)
      },
      consume(batch) {
        const now = ctx.clock.now()
        for (const record of batch as Batch<'logs'>) meters.take(record, now)
      },
      async stop() {
        if (timer === undefined) return
        timer()
        timer = undefined
        await flush()
      },
      inspect: (topic) =>
        topic === '' ? { volume: meters.volume, series: Array.from(meters.counts.entries()).length } : undefined,
    }
  },
})
