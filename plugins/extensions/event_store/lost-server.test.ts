/** Real servers that go away in the middle of an answer, fall silent, or come back empty. */
import pg from 'pg'
import type { EventBackend, EventRow } from 'seneca-collector/history'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startCorrupting, type CorruptingProxy } from '../../../test/fuzz/corrupting-proxy.ts'
import { startPostgres, type PostgresServer } from '../../../test/setup/postgres-server.ts'
import { findProgram, missing } from '../../../test/setup/programs.ts'
import { startRedis, type RedisServer } from '../../../test/setup/redis-server.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
import { postgresBackend } from './postgres-backend.ts'
import { redisBackend } from './redis-backend.ts'

const row = (n: number): EventRow => ({
  id: `e${n}`,
  time: BigInt(n),
  type: 'task.happened',
  task: 't',
  agent: 'a',
  severity: 9,
  line: `{"n":${n}}`,
})
const SILENT_MS = 600

interface Kind {
  readonly name: string
  readonly program: string
  readonly up: () => Promise<void>
  readonly down: () => Promise<void>
  readonly url: () => string
  readonly open: (url: string) => Promise<EventBackend>
  readonly empty: () => Promise<void>
}

let postgres: PostgresServer
let redis: RedisServer
const kinds: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    program: 'postgres',
    up: async () => void (postgres = await startPostgres(findProgram('postgres')!)),
    down: () => postgres.remove(),
    url: () => postgres.url,
    open: (url) => postgresBackend(url, 'lost', SILENT_MS),
    async empty() {
      const client = new pg.Client({ connectionString: postgres.url })
      await client.connect()
      await client.query('DROP TABLE lost_events; DROP TABLE lost_snapshots; DROP TABLE lost_meta')
      await client.end()
    },
  },
  {
    name: 'Redis',
    program: 'redis-server',
    up: async () => void (redis = await startRedis(findProgram('redis-server')!)),
    down: () => redis.remove(),
    url: () => redis.url,
    open: (url) => redisBackend(url, 'lost', SILENT_MS),
    async empty() {
      const client = createClient({ url: redis.url })
      await client.connect()
      await client.flushAll()
      await client.close()
    },
  },
]

for (const kind of kinds) {
  const isThere = findProgram(kind.program) !== undefined
  describe.skipIf(!isThere)(`${kind.name}${isThere ? '' : ` (${missing(kind.program)})`}`, () => {
    let number = 0
    beforeAll(() => kind.up())
    afterAll(() => kind.down())
    const start = async (): Promise<{ readonly backend: EventBackend; readonly proxy: CorruptingProxy }> => {
      const url = new URL(kind.url())
      const proxy = await startCorrupting(Number(url.port))
      url.port = String(proxy.port)
      const backend = await kind.open(url.href)
      await backend.open()
      onTestFinished(async () => {
        await backend.close()
        await proxy.close()
      })
      return { backend, proxy }
    }
    const takes = async (backend: EventBackend): Promise<void> => {
      const rows = [row(number++)]
      await waitFor('it to take events', () =>
        backend.append(rows).then(
          () => true,
          () => false,
        ),
      )
      expect(await backend.byId(rows[0]!.id)).toMatchObject({ line: rows[0]!.line })
    }

    it('that goes away in the middle of any answer costs the call, and nothing else', async () => {
      const { backend, proxy } = await start()
      for (let most = 0; most < 400; most += 40) {
        await takes(backend)
        let said = 0
        proxy.corrupt((answer, _said, to) => {
          said += answer.length
          if (said <= most) return answer
          to.resetAndDestroy()
          return undefined
        }, false)
        await backend.append([row(number++)]).then(
          () => undefined,
          (error: unknown) => expect(error).toMatchObject({ code: 'unavailable', retryable: true }),
        )
        proxy.corrupt(undefined, false)
      }
      await takes(backend)
    })

    it('that falls silent is given up, and used again when it speaks', async () => {
      const { backend, proxy } = await start()
      await takes(backend)
      proxy.corrupt(() => undefined, false)
      await expect(backend.append([row(number++)])).rejects.toMatchObject({ code: 'unavailable', retryable: true })
      proxy.corrupt(undefined, false)
      await takes(backend)
    })

    it('that is not there is told to whoever starts', async () => {
      const url = new URL(kind.url())
      url.port = '1'
      await expect(kind.open(url.href).then((backend) => backend.open())).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('ECONNREFUSED'),
      })
    })

    it('that comes back empty takes what comes', async () => {
      const { backend } = await start()
      await takes(backend)
      await kind.empty()
      await takes(backend)
      expect(await backend.stats()).toMatchObject({ events: 1 })
    })
  })
}
