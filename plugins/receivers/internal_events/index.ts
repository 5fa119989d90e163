/**
 * The collector's own events: what exporters and extensions say of their work. They never wait for what becomes of it: a
 * queue lies between, and what finds no room in it is dropped and counted.
 */
import { type Batch, deliver, definePlugin, type JsonSchema } from 'seneca-collector'

const schema = {
  type: 'object',
  properties: {
    queue_size: {
      type: 'integer',
      minimum: 1,
      description: 'How many events may wait while the pipeline is busy; what finds no room is dropped and counted.',
      default: 1000,
    },
  },
} as const satisfies JsonSchema

export default definePlugin({
  kind: 'receiver',
  type: 'internal_events',
  signals: ['logs'],
  stability: 'beta',
  summary: "Brings the collector's own events into a pipeline, such as which alert was delivered, and which was not.",
  schema,
  examples: [{ title: 'What became of each alert', yaml: '{}' }],
  create: (ctx, options) => {
    const waiting: Batch[] = []
    let records = 0
    let working: Promise<void> | undefined

    const work = async (): Promise<void> => {
      for (let batch = waiting[0]; batch !== undefined; batch = waiting[0]) {
        await deliver(ctx, batch, ctx.signal)
        waiting.shift()
        records -= batch.count
      }
    }
    const hear = (batch: Batch): void => {
      if (records + batch.count > options.queue_size) {
        ctx.dropped(batch.count, 'the queue is full')
        return
      }
      waiting.push(batch)
      records += batch.count
      working ??= work().finally(() => {
        working = undefined
      })
      working.catch((error: unknown) => {
        if (!ctx.signal.aborted) ctx.log.error('own events are not handed on', { reason: String(error) })
      })
    }
    let leave = (): void => undefined
    return {
      start: () => {
        leave = ctx.onEmitted(hear)
        if (ctx.once) ctx.ended()
      },
      stop: () => {
        leave()
        if (records > 0) ctx.dropped(records, 'the collector was stopping')
      },
      inspect: () => ({ waiting: records }),
    }
  },
})
