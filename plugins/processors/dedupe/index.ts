/**
 * Leaves out what has been seen before, by its id or by an expression. A key stands only when what follows has taken the
 * record: a batch that is rejected and comes again is not its own duplicate. While a record is on its way, another with the
 * same key waits for what becomes of it.
 *
 * Keys survive a restart. They are kept for `window` and at most `max_keys` of them; what is forgotten for being too many is
 * counted, because a duplicate of it would pass.
 */
import { definePlugin, path, valueToJson } from 'seneca-collector'
import type { Batch, ConfigProblem, Infer, JsonSchema, LogRecord } from 'seneca-collector'
import { compileValue, OttlSyntaxError, toConfigProblems } from 'seneca-collector/ottl'
import { createKeys, type Change } from './keys.ts'

const schema = {
  type: 'object',
  properties: {
    key: {
      type: 'string',
      minLength: 1,
      description: 'What makes two records the same: an OTTL value in the event context. The id by default.',
    },
    window: {
      type: 'string',
      format: 'duration',
      default: '24h',
      description: 'For how long a key is remembered; 0 = as long as there is room.',
    },
    max_keys: {
      type: 'integer',
      minimum: 1,
      default: 100_000,
      description: 'Keys remembered; of more the oldest is forgotten.',
    },
  },
} as const satisfies JsonSchema

type Config = Infer<typeof schema>

/** Batches that may be on their way at once. */
const OPEN_CALLS_MAX = 1_000
const PREFIX = 'key/'
const uid = path(['attributes', 'log.record.uid'])

const keyReader = (source: string | undefined): ((record: LogRecord) => string | undefined) => {
  if (source === undefined) {
    return (record) => {
      const id = record.get(uid)
      return typeof id === 'string' && id !== '' ? id : undefined
    }
  }
  const value = compileValue(source, { context: 'event' })
  return (record) => {
    const found = value(record)
    return found === null ? undefined : valueToJson(found)
  }
}

export default definePlugin({
  kind: 'processor',
  type: 'dedupe',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Leaves out what has been seen before.',
  schema,
  concurrency: OPEN_CALLS_MAX,
  examples: [
    { title: 'Every event once', yaml: 'window: 24h' },
    {
      title: 'One report a task and percentage',
      yaml: `key: Concat([data["task_id"], String(data["progress"])], " ")\nwindow: 10m`,
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    if (config.key === undefined) return
    try {
      compileValue(config.key, { context: 'event' })
    } catch (thrown) {
      if (!(thrown instanceof OttlSyntaxError)) throw thrown
      yield* toConfigProblems(['key'], thrown.problems, { single: true })
    }
  },
  create(ctx, config) {
    const keyOf = keyReader(config.key)
    const restored = Array.from(
      ctx.storage.entries(PREFIX),
      ([key, value]) => [key.slice(PREFIX.length), Number(Buffer.from(value).toString())] as const,
    )
    const keys = createKeys(config.window, config.max_keys, restored)
    const forgotten = ctx.meter.counter('seneca_dedupe_forgotten', {
      description: 'Keys forgotten because there were more than max_keys.',
      unit: '{keys}',
    })
    const save = (changes: readonly Change[]): Promise<void> =>
      ctx.storage.commit(
        changes.map(
          ([key, seenMs]) => [PREFIX + key, seenMs === undefined ? undefined : Buffer.from(String(seenMs))] as const,
        ),
      )
    /** What has to be known before it can be said which records are new. */
    const undecided = (batch: Batch<'logs'>): ReadonlySet<Promise<void>> => {
      const waiting = new Set<Promise<void>>()
      for (const record of batch) {
        const key = keyOf(record)
        const other = key === undefined ? undefined : keys.pendingOf(key)
        if (other) waiting.add(other)
      }
      return waiting
    }
    return {
      async consume(given, signal) {
        const batch = given as Batch<'logs'>
        // No turn of the event loop lies between the last look and `begin`.
        for (let waiting = undecided(batch); waiting.size > 0; waiting = undecided(batch)) await Promise.all(waiting)
        const fresh = new Set<string>()
        const now = ctx.clock.now()
        const kept = batch.filter((record) => {
          const key = keyOf(record)
          if (key === undefined) return true
          if (fresh.has(key) || keys.has(key, now)) return false
          fresh.add(key)
          return true
        })
        if (kept.count < batch.count) ctx.filtered(batch.count - kept.count, 'duplicate')
        if (kept.count === 0) return
        const mine = [...fresh]
        const done = Promise.withResolvers<void>()
        keys.begin(mine, done.promise)
        try {
          await ctx.next(kept, signal)
          const before = keys.evicted
          const changes = keys.commit(mine, ctx.clock.now())
          if (keys.evicted > before) forgotten.add(keys.evicted - before)
          await save(changes)
        } catch (error) {
          keys.forget(mine)
          throw error
        } finally {
          done.resolve()
        }
      },
      inspect: (topic) => (topic === '' ? { keys: keys.size, forgotten: keys.evicted } : undefined),
    }
  },
})
