/**
 * Databases and brokers that answer nonsense, close in the middle, hang, refuse to be logged into, or come back empty: real
 * ones, behind a proxy that corrupts what they say. Each batch is answered for in time, the books are right, what was
 * acknowledged while only true things were said is there, and it goes on when the server is sound again.
 */
import assert from 'node:assert/strict'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import pg from 'pg'
import { createClient } from 'redis'
import { logs } from 'seneca-collector'
import { packagedNatsServer, startNatsServer } from '../setup/nats-server.ts'
import { startPostgres } from '../setup/postgres-server.ts'
import { findProgram } from '../setup/programs.ts'
import { startRedis } from '../setup/redis-server.ts'
import { waitFor } from '../setup/wait-for.ts'
import { startFuzzed, type Fuzzed } from './collector.ts'
import { garbling, startCorrupting, truncating, type CorruptingProxy } from './corrupting-proxy.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'

const ANSWER_MS_MAX = 15_000
const SOUND_MS_MAX = 25_000

interface Server {
  readonly name: 'postgres' | 'redis' | 'nats'
  readonly proxy: CorruptingProxy
  /** What it says to those it does not let in, and what others say. */
  readonly greetings: readonly Buffer[]
  readonly pieces: readonly (string | Uint8Array)[]
  /** Everything in it is gone. */
  empty(): Promise<void>
  /** Of these events, those that it has. */
  stored(ids: readonly string[]): Promise<number>
  remove(): Promise<void>
}

const pgError = (code: string, message: string): Buffer => {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.from('E\0\0\0\0')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const STRANGERS = [
  Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
  Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
  Buffer.alloc(100_000, 0xff),
  Buffer.alloc(0),
]

const openPostgres = async (): Promise<Server> => {
  const server = await startPostgres(findProgram('postgres')!)
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  return {
    name: 'postgres',
    proxy: await startCorrupting(Number(new URL(server.url).port)),
    greetings: [
      ...STRANGERS,
      pgError('28P01', 'password authentication failed for user "test"'),
      pgError('57P03', 'the database system is starting up'),
      pgError('53300', 'sorry, too many clients already'),
    ],
    pieces: [
      'Z\0\0\0\u0005I',
      'E\0\0\0\u0004',
      'D\u007f\u00ff\u00ff\u00ff',
      'R\0\0\0\u0008\0\0\0\u0003',
      'C\0\0\0\u000bCOMMIT\0',
    ],
    empty: async () =>
      void (await client.query(
        'DROP TABLE IF EXISTS seneca_events; DROP TABLE IF EXISTS seneca_snapshots; DROP TABLE IF EXISTS seneca_meta',
      )),
    async stored(ids) {
      const { rows } = await client.query('SELECT count(*) AS n FROM seneca_events WHERE id = ANY($1)', [ids])
      return Number((rows[0] as { n: string }).n)
    },
    async remove() {
      await client.end()
      await server.remove()
    },
  }
}

const openRedis = async (): Promise<Server> => {
  const server = await startRedis(findProgram('redis-server')!)
  const client = createClient({ url: server.url })
  await client.connect()
  return {
    name: 'redis',
    proxy: await startCorrupting(Number(new URL(server.url).port)),
    greetings: [
      ...STRANGERS,
      Buffer.from('-NOAUTH Authentication required.\r\n'),
      Buffer.from('-WRONGPASS invalid username-password pair or user is disabled.\r\n'),
      Buffer.from('-LOADING Redis is loading the dataset in memory\r\n'),
      Buffer.from('-ERR max number of clients reached\r\n'),
    ],
    pieces: [
      '*-1\r\n',
      '$-1\r\n',
      '*1000000000\r\n',
      '$999999999\r\n',
      ':x\r\n',
      '-ERR no\r\n',
      '+QUEUED\r\n',
      '%1\r\n',
      '_\r\n',
    ],
    empty: async () => void (await client.flushAll()),
    stored: async (ids) => (await client.hmGet('seneca:ids', [...ids])).filter((seq) => typeof seq === 'string').length,
    async remove() {
      await client.close()
      await server.remove()
    },
  }
}

const STREAM = 'EVENTS'
const schemaText = (n: number): string => JSON.stringify({ type: 'object', title: `round ${n}` })

interface Nats extends Server {
  putSchema(n: number): Promise<void>
}

const openNats = async (): Promise<Nats> => {
  const server = await startNatsServer(packagedNatsServer()!)
  const connection = await connect({ servers: server.url })
  const manager = await jetstreamManager(connection)
  const kv = await new Kvm(connection).create('schemas')
  await kv.put('odd.happened', schemaText(0))
  return {
    name: 'nats',
    proxy: await startCorrupting(server.port),
    greetings: [
      ...STRANGERS,
      Buffer.from(
        'INFO {"server_id":"x","version":"2.10.0","max_payload":1,"auth_required":true}\r\n-ERR \'Authorization Violation\'\r\n',
      ),
      Buffer.from('INFO {\r\n'),
      Buffer.from("-ERR 'maximum connections exceeded'\r\n"),
    ],
    pieces: [
      "-ERR 'Stale Connection'\r\n",
      'PING\r\n',
      'INFO {}\r\n',
      'MSG a 1 99999999\r\n',
      'HMSG a 1 0 0\r\n',
      '+OK\r\n',
    ],
    empty: async () => void (await manager.streams.delete(STREAM).catch(() => false)),
    async stored(ids) {
      const wanted = new Set(ids)
      const { state } = await manager.streams.info(STREAM)
      let found = 0
      for (let seq = Math.max(state.first_seq, state.last_seq - 200); seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(STREAM, { seq })
        if (message && wanted.has(message.header.get('Nats-Msg-Id'))) found++
      }
      return found
    },
    async putSchema(n) {
      await jetstream(connection).publish('$KV.schemas.odd.happened', schemaText(n))
    },
    async remove() {
      await connection.close()
      await server.remove()
    },
  }
}

const alone = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false }, timeout: '1s' }
const configOf = (postgres: number, redis: number, nats: number) => {
  const receiver = { protocols: { http: { endpoint: 'localhost:0' } } }
  return {
    receivers: { 'otlp/postgres': receiver, 'otlp/redis': receiver, 'otlp/nats': receiver },
    extensions: {
      'event_store/postgres': { type: 'postgres', url: `postgres://test@127.0.0.1:${postgres}/postgres` },
      'event_store/redis': { type: 'redis', url: `redis://127.0.0.1:${redis}` },
      schema_registry: { kv: { servers: [`nats://127.0.0.1:${nats}`], bucket: 'schemas' } },
    },
    exporters: {
      'event_store/postgres': { store: 'event_store/postgres', ...alone },
      'event_store/redis': { store: 'event_store/redis', ...alone },
      nats_jetstream: {
        servers: [`nats://127.0.0.1:${nats}`],
        stream: { name: STREAM, create: 'if_missing' },
        connect_timeout: '1s',
        ack_timeout: '1s',
        ...alone,
      },
    },
    service: {
      extensions: ['event_store/postgres', 'event_store/redis', 'schema_registry'],
      pipelines: {
        'logs/postgres': { receivers: ['otlp/postgres'], exporters: ['event_store/postgres'] },
        'logs/redis': { receivers: ['otlp/redis'], exporters: ['event_store/redis'] },
        'logs/nats': { receivers: ['otlp/nats'], exporters: ['nats_jetstream'] },
      },
    },
  }
}

const requestOf = (ids: readonly string[]): Buffer =>
  Buffer.concat(
    logs(
      ids.map((id) => ({
        eventName: 'task.happened',
        body: 'x'.repeat(100),
        time: BigInt(Date.now()) * 1_000_000n,
        attributes: { 'log.record.uid': id, 'marcus.task.id': 't' },
      })),
    ).encode('otlp_proto'),
  )

const createSending = (fuzzed: Fuzzed, addresses: ReadonlyMap<string, string>) => {
  let said = ''
  const post = async (name: string, ids: readonly string[]): Promise<boolean> => {
    const answer = await fetch(`http://${addresses.get(name)}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: requestOf(ids),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    } as RequestInit)
    said = `${answer.status} ${(await answer.text()).slice(0, 300)}`
    assert.ok(answer.status === 200 || (answer.status >= 400 && answer.status <= 503), `${name}: ${answer.status}`)
    return answer.status === 200
  }
  return {
    post,
    /** Until it is taken. */
    through: async (name: string, ids: readonly string[]): Promise<void> => {
      await waitFor(`${name} to take what it refused`, () => post(name, ids), SOUND_MS_MAX).catch((error: unknown) => {
        const ill = fuzzed.host.collector.status().filter(({ state }) => state !== 'ok')
        throw new Error(`${name} is sound again, and it is ${said}; ${JSON.stringify(ill)}`, { cause: error })
      })
    },
  }
}

/** What is said meanwhile is true as far as it goes, or it is not. */
const corrupt = (dice: Dice, { proxy, greetings, pieces }: Server): boolean => {
  const how = dice.pick(['greet', 'garble', 'truncate', 'truncate'] as const)
  if (how === 'greet') proxy.greet(dice.pick(greetings))
  else proxy.corrupt(how === 'garble' ? garbling(dice, pieces) : truncating(dice), dice.chance(0.5))
  return how !== 'garble'
}

export default defineFuzzer({
  name: 'server-answers',
  promise: 'a database or broker that answers anything, or comes back empty, settles each batch, and it goes on',
  needs: ['postgres', 'redis-server', 'nats-server'],
  rounds: 4,
  async open(folder) {
    const nats = await openNats()
    const servers: readonly Server[] = [await openPostgres(), await openRedis(), nats]
    const [postgres, redis] = servers
    const fuzzed = await startFuzzed(configOf(postgres!.proxy.port, redis!.proxy.port, nats.proxy.port), folder)
    const addresses = new Map<string, string>()
    for (const { name } of servers)
      addresses.set(name, (await fuzzed.inspect<{ readonly http: string }>(`receiver/otlp/${name}`)).http)
    const { post, through } = createSending(fuzzed, addresses)
    let rounds = 0
    const idsOf = (name: string, what: string): string[] => [0, 1, 2].map((n) => `${name}-${rounds}-${what}-${n}`)

    const round = async (dice: Dice, server: Server): Promise<void> => {
      const { name, proxy } = server
      const isTrue = corrupt(dice, server)
      const acked: string[] = []
      for (const n of [0, 1]) {
        const ids = idsOf(name, `broken${n}`)
        if (await post(name, ids)) acked.push(...ids)
      }
      proxy.corrupt(undefined, true)
      proxy.greet(undefined)
      if (isTrue && acked.length > 0)
        assert.equal(await server.stored(acked), acked.length, `${name} has what was acked`)
      // Whether it is noticed at once or by the next connection.
      if (dice.chance(0.3)) {
        if (dice.chance(0.5)) await through(name, idsOf(name, 'before'))
        await server.empty()
      }
      const ids = idsOf(name, 'sound')
      await through(name, ids)
      assert.equal(await server.stored(ids), ids.length, `${name} has what was acked when it was sound`)
    }
    const schemaArrives = async (): Promise<void> => {
      await nats.putSchema(rounds)
      const schemas = async (): Promise<string> =>
        JSON.stringify(await fuzzed.inspect('extension/schema_registry', 'schemas'))
      await waitFor('the changed schema', async () => (await schemas()).includes(`round ${rounds}"`), SOUND_MS_MAX)
    }
    return {
      async round(dice) {
        rounds++
        await Promise.all(servers.map((server) => round(dice, server)))
        await schemaArrives()
        fuzzed.check()
      },
      async close() {
        await fuzzed.close()
        for (const server of servers) {
          await server.proxy.close()
          await server.remove()
        }
      },
    }
  },
})
