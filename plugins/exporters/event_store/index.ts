/** Writes records into an event store. An ack means that the store has them; what it has already stays once. */
import { definePlugin } from 'seneca-collector'
import type { Batch, Infer, JsonSchema } from 'seneca-collector'
import type { EventStoreFace } from 'seneca-collector/history'

const schema = {
  type: 'object',
  properties: {
    store: { type: 'string', minLength: 1, default: 'event_store', description: 'The id of the extension.' },
  },
} as const satisfies JsonSchema

type Config = Infer<typeof schema>

/** Batches that may wait for the store: it writes them together. */
const TOGETHER = 64

export default definePlugin({
  kind: 'exporter',
  type: 'event_store',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Writes events into an event store.',
  schema,
  examples: [{ title: 'The usual one', yaml: 'store: event_store' }],
  concurrency: TOGETHER,
  // The store is the destination; a queue in front of it would only weaken the ack.
  engineDefaults: { sending_queue: { enabled: false } },
  *check(config: Config, { extensions }) {
    if (extensions.includes(config.store)) return
    const there = extensions.length === 0 ? 'there are no extensions' : `there are ${extensions.join(', ')}`
    yield { path: ['store'], message: `there is no extension '${config.store}'; ${there}` }
  },
  create(ctx, config) {
    const duplicates = ctx.meter.counter('seneca_event_store_duplicates', {
      description: 'Events that were stored already and stayed once.',
      unit: '{events}',
    })
    return {
      async consume(batch) {
        const answered = await ctx.extension<EventStoreFace>(config.store).append(batch as Batch<'logs'>)
        if (answered.duplicates > 0) duplicates.add(answered.duplicates)
      },
    }
  },
})
