/**
 * Turns the events of tasks into spans: one for each attempt at a task, under one for the task itself, with the agent's tool
 * calls below. Ids come from the events, so live, sent again and backfilled give the same trace.
 *
 * Spans leave when they end, before the batch is acked; what is still open is saved with it and survives a restart.
 */
import { asValue, definePlugin, spans, valueFromJson, valueToJson } from 'seneca-collector'
import type { Batch, Infer, JsonSchema, SpanInit } from 'seneca-collector'
import { viewOf } from './event-view.ts'
import { createTasks, type Task } from './tasks.ts'
import { takeEvent } from './trace.ts'

const schema = {
  type: 'object',
  properties: {
    service_name: {
      type: 'string',
      minLength: 1,
      default: 'marcus',
      description: 'The `service.name` that the spans are of.',
    },
  },
} as const satisfies JsonSchema

const PREFIX = 'task/'

const packed = (task: Task): Uint8Array => Buffer.from(valueToJson(asValue(task)))
const unpacked = (bytes: Uint8Array): Task => valueFromJson(Buffer.from(bytes).toString()) as unknown as Task

export default definePlugin({
  kind: 'connector',
  type: 'task_spans',
  signals: ['logs'],
  makes: ['traces'],
  stability: 'beta',
  summary: 'Turns the events of tasks into spans: each attempt at a task, with its tool calls, blockers and retries.',
  schema,
  examples: [{ title: 'The defaults', yaml: 'service_name: marcus' }],
  create(ctx, config: Infer<typeof schema>) {
    const restored = Array.from(ctx.storage.entries(PREFIX), ([, bytes]) => unpacked(bytes))
    const tasks = createTasks(restored)
    const about = {
      resource: { attributes: { 'service.name': config.service_name } },
      scope: { name: 'seneca-collector/task_spans' },
    }
    /** What a batch that came back has ended: it comes again, and its events are known by then. */
    let ended: SpanInit[] = []
    return {
      async consume(batch, signal) {
        for (const record of batch as Batch<'logs'>)
          if (record.eventName !== '') ended.push(...takeEvent(tasks, viewOf(record)))
        if (ended.length > 0) await ctx.next(spans(ended, about), signal)
        const changes = Array.from(tasks.changes(), ([id, task]) => [PREFIX + id, task && packed(task)] as const)
        if (changes.length > 0) await ctx.storage.commit(changes)
      },
      inspect: (topic) => (topic === '' ? { tasks: tasks.size, open: tasks.open } : undefined),
    }
  },
})
