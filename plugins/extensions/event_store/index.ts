/**
 * Keeps events for questions, replay and audit. The exporter of the same name writes into it; verbs (`query`, `explain`,
 * `state`, `replay`, `audit`, `store`) ask it. Every event is stored once, by its id, numbered and chained by hashes.
 *
 * Old events, and more than there should be, are evicted once a minute, counted, and folded into a snapshot of the state.
 */
import { join } from 'node:path'
import { CollectorError, definePlugin } from 'seneca-collector'
import type { ConfigProblem, Context, Infer } from 'seneca-collector'
import { createHistory, memoryBackend, rowsOf } from 'seneca-collector/history'
import type { EventBackend, EventStoreFace, History } from 'seneca-collector/history'
import { answer } from './questions.ts'
import { schema } from './schema.ts'
import { sqliteBackend } from './sqlite-backend.ts'

type Config = Infer<typeof schema>

const RETAIN_EVERY_MS = 60_000
const HOUR_MS = 3_600_000

const backendFor = async (ctx: Context, config: Config): Promise<EventBackend> => {
  switch (config.type) {
    case 'memory':
      return memoryBackend()
    case 'postgres': {
      const { postgresBackend } = await import('./postgres-backend.ts')
      return postgresBackend(config.url!.reveal(), config.prefix)
    }
    case 'redis': {
      const { redisBackend } = await import('./redis-backend.ts')
      return redisBackend(config.url!.reveal(), config.prefix)
    }
    default: {
      const file = config.path ?? join(ctx.dataDirectory, 'events.db')
      return sqliteBackend(ctx, { file, sync: config.sync, compress: config.compression })
    }
  }
}

const limit = (value: number): number | undefined => (value === 0 ? undefined : value)

export default definePlugin({
  kind: 'extension',
  type: 'event_store',
  signals: [],
  stability: 'beta',
  summary: 'Keeps events for questions, replay and audit.',
  schema,
  examples: [
    { title: 'A day, in a file', yaml: 'retention_hours: 24' },
    {
      title: 'In PostgreSQL',
      yaml: "type: postgres\nurl: '${secret:EVENTS_URL}'\nretention_hours: 720\nmax_events: 0",
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    const isServer = config.type === 'postgres' || config.type === 'redis'
    if (isServer && config.url === undefined)
      yield { path: ['type'], message: `${config.type} needs 'url', the server` }
    if (!isServer && config.url !== undefined)
      yield { path: ['url'], message: `${config.type} has no server; leave it out` }
    if (config.path !== undefined && config.type !== 'sqlite')
      yield { path: ['path'], message: `${config.type} has no file; leave it out` }
  },
  create(ctx, config) {
    let history: History | undefined
    let timer: (() => void) | undefined
    let evicted = 0
    let stored = 0
    let isStuck = false
    const evictions = ctx.meter.counter('seneca_event_store_evicted', {
      description: 'Events evicted because they were too old or too many.',
      unit: '{events}',
    })
    const open = (): History => {
      if (history) return history
      throw new CollectorError('unavailable', `the store '${ctx.id}' is not open`, { retryable: true })
    }
    const retain = async (): Promise<void> => {
      try {
        const gone = await open().retain()
        evicted += gone
        if (gone > 0) evictions.add(gone)
        if (isStuck) ctx.status.report('ok')
        isStuck = false
      } catch (thrown) {
        isStuck = true
        ctx.status.report('degraded', `events cannot be evicted: ${CollectorError.from(thrown).message}`)
      }
    }
    const face: EventStoreFace = {
      async append(batch) {
        const answered = await open().append(rowsOf(batch))
        stored += answered.added
        return answered
      },
    }
    return {
      face,
      async start() {
        const backend = await backendFor(ctx, config)
        await backend.open()
        const retentionMs = config.retention_hours === 0 ? undefined : config.retention_hours * HOUR_MS
        history = createHistory(backend, { retentionMs, eventsMax: limit(config.max_events) }, ctx.clock)
        timer = ctx.clock.every(RETAIN_EVERY_MS, () => void retain())
      },
      async stop() {
        timer?.()
        timer = undefined
        const closing = history
        history = undefined
        await closing?.close()
      },
      inspect(topic, query) {
        if (topic === '') return { type: config.type, stored, evicted, waiting: history?.waiting ?? 0 }
        return answer(open(), topic, query)
      },
    }
  },
})
