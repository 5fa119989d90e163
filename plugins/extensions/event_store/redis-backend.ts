/**
 * Events in a Redis server. Rows stand in a hash by their number, with sets of numbers by task and agent; a write is one
 * MULTI. What an ack survives is what the server does with its own memory: `appendonly yes`.
 */
import { CHAIN_START, chained } from 'seneca-collector/history'
import type { Appended, EventBackend, EventRow, Scan, Snapshot, StoredRow, StoreStats } from 'seneca-collector/history'
import { needed, unavailable } from './needed.ts'

/** Rows fetched at once while looking for those of a scan. */
const FETCH = 500
/** Rows that go in one MULTI: it stands in memory here and there. */
const EVICT_TOGETHER = 5_000
const SILENT_MS = 30_000
const RETRY_FIRST_MS = 50
const RETRY_MOST_MS = 2_000
/** Some three seconds for a server that starts beside the collector. */
const FIRST_RETRIES = 6

type Packed = readonly [
  id: string,
  time: string,
  type: string,
  task: string,
  agent: string,
  severity: number,
  hash: string,
  line: string,
]

const pack = (row: StoredRow): string =>
  JSON.stringify([
    row.id,
    String(row.time),
    row.type,
    row.task,
    row.agent,
    row.severity,
    row.hash,
    row.line,
  ] satisfies Packed)

const unpack = (seq: number, text: string): StoredRow => {
  const [id, time, type, task, agent, severity, hash, line] = JSON.parse(text) as Packed
  return { seq, id, time: BigInt(time), type, task, agent, severity, hash, line }
}

const matches = (row: StoredRow, { since, until, severity, task, agent }: Scan): boolean =>
  (since === undefined || row.time >= since) &&
  (until === undefined || row.time < until) &&
  (severity === undefined || row.severity >= severity) &&
  (task === undefined || row.task === task) &&
  (agent === undefined || row.agent === agent)

interface Meta {
  readonly first: number
  readonly last: number
  readonly anchor: string
  /** The hash of the last one that was given out; undefined in a store from before it was kept. */
  readonly head: string | undefined
  readonly evicted: number
  readonly bytes: number
}

const open = async (url: string, silentMs: number) => {
  const { createClient } = await needed('redis', () => import('redis'), 'Redis')
  const client = createClient({
    url,
    disableOfflineQueue: true,
    // A server that is there answers pings: one that is silent for longer has gone.
    pingInterval: silentMs / 3,
    socket: {
      socketTimeout: silentMs,
      // The client's own way ends for good after a silence, and waits for a first connection without end.
      reconnectStrategy: (retries) =>
        wasReady || retries < FIRST_RETRIES ? Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** retries) : false,
    },
  })
  let wasReady = false
  client.on('ready', () => void (wasReady = true))
  client.on('error', () => {})
  return client
}

interface Redis {
  readonly client: Awaited<ReturnType<typeof open>>
  readonly key: (...parts: readonly string[]) => string
}

const metaNow = async ({ client, key }: Redis): Promise<Meta> => {
  const meta = await client.hGetAll(key('meta'))
  return {
    first: Number(meta['first'] ?? 1),
    last: Number(meta['last'] ?? 0),
    anchor: meta['anchor'] ?? CHAIN_START,
    head: meta['head'],
    evicted: Number(meta['evicted'] ?? 0),
    bytes: Number(meta['bytes'] ?? 0),
  }
}

const rowsAt = async ({ client, key }: Redis, seqs: readonly number[]): Promise<StoredRow[]> => {
  if (seqs.length === 0) return []
  const texts = await client.hmGet(key('rows'), seqs.map(String))
  return texts.flatMap((text, i) => (text === null || text === undefined ? [] : [unpack(seqs[i]!, text)]))
}

/** Numbers in the order of the scan: all of them, or those of a task or an agent. */
async function* numbers({ client, key }: Redis, scan: Scan, { first, last }: Meta): AsyncGenerator<readonly number[]> {
  const { task, agent, descending, afterSeq } = scan
  const index = task !== undefined ? key('task', task) : agent !== undefined ? key('agent', agent) : undefined
  const all = index === undefined ? undefined : (await client.zRange(index, 0, -1)).map(Number)
  const from = descending ? (afterSeq === 0 ? last : afterSeq - 1) : Math.max(first, afterSeq + 1)
  const inside = (seq: number): boolean => (descending ? seq <= from : seq >= from)
  const ordered = all && (descending ? all.toReversed() : all).filter(inside)
  const count = ordered ? ordered.length : descending ? from - first + 1 : last - from + 1
  const step = descending ? -1 : 1
  for (let at = 0; at < count; at += FETCH) {
    const n = Math.min(FETCH, count - at)
    yield ordered ? ordered.slice(at, at + n) : Array.from({ length: n }, (_, i) => from + (at + i) * step)
  }
}

const scanRows = async (redis: Redis, scan: Scan): Promise<readonly StoredRow[]> => {
  const found: StoredRow[] = []
  for await (const seqs of numbers(redis, scan, await metaNow(redis))) {
    for (const row of await rowsAt(redis, seqs)) {
      if (!matches(row, scan)) continue
      found.push(row)
      if (found.length === scan.limit) return found
    }
  }
  return found
}

const bytesOf = (rows: readonly StoredRow[]): number => rows.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0)

const headOf = async (redis: Redis, { first, last, head, anchor }: Meta): Promise<string> => {
  if (head !== undefined) return head
  const [tail] = last < first ? [] : await rowsAt(redis, [last])
  return tail?.hash ?? anchor
}

const append = async (redis: Redis, given: readonly EventRow[]): Promise<Appended> => {
  const { client, key } = redis
  const ids = given.map(({ id }) => id)
  const known = ids.length === 0 ? [] : await client.hmGet(key('ids'), ids)
  const seen = new Set<string>()
  const fresh = given.filter(({ id }, i) => (known[i] ?? null) === null && !seen.has(id) && seen.add(id))
  const meta = await metaNow(redis)
  const rows = chained(fresh, meta.last, await headOf(redis, meta))
  const newest = rows.at(-1)
  if (newest === undefined) return { added: 0, duplicates: given.length }
  const multi = client.multi()
  for (const row of rows) {
    const member = { value: String(row.seq), score: row.seq }
    multi.hSet(key('rows'), member.value, pack(row)).hSet(key('ids'), row.id, member.value)
    multi.zAdd(key('times'), { value: member.value, score: Number(row.time) })
    if (row.task !== '') multi.zAdd(key('task', row.task), member)
    if (row.agent !== '') multi.zAdd(key('agent', row.agent), member)
  }
  const bytes = String(meta.bytes + bytesOf(rows))
  multi.hSet(key('meta'), { first: String(meta.first), last: String(newest.seq), head: newest.hash, bytes })
  await multi.exec()
  return { added: rows.length, duplicates: given.length - rows.length }
}

/** Of the numbers from `meta.first` to `last`; the anchor moves with them, so that a crash between two calls breaks nothing. */
const removeFront = async (redis: Redis, meta: Meta, last: number): Promise<void> => {
  const { client, key } = redis
  const rows = await rowsAt(
    redis,
    Array.from({ length: last - meta.first + 1 }, (_, i) => meta.first + i),
  )
  const multi = client.multi()
  for (const row of rows) {
    const member = String(row.seq)
    multi.hDel(key('rows'), member).hDel(key('ids'), row.id).zRem(key('times'), member)
    if (row.task !== '') multi.zRem(key('task', row.task), member)
    if (row.agent !== '') multi.zRem(key('agent', row.agent), member)
  }
  multi.hSet(key('meta'), {
    first: String(last + 1),
    anchor: rows.at(-1)?.hash ?? meta.anchor,
    evicted: String(meta.evicted + last - meta.first + 1),
    bytes: String(meta.bytes - bytesOf(rows)),
  })
  for (const seq of await client.hKeys(key('snapshots'))) if (Number(seq) < last) multi.hDel(key('snapshots'), seq)
  await multi.exec()
}

const evict = async (redis: Redis, upTo: number): Promise<number> => {
  let gone = 0
  for (;;) {
    const meta = await metaNow(redis)
    const last = Math.min(upTo, meta.last, meta.first + EVICT_TOGETHER - 1)
    if (last < meta.first) return gone
    await removeFront(redis, meta, last)
    gone += last - meta.first + 1
  }
}

const stats = async (redis: Redis): Promise<StoreStats> => {
  const { client, key } = redis
  const meta = await metaNow(redis)
  const { first, last, anchor, evicted, bytes } = meta
  /** Scores are doubles: the exact time is the row's. */
  const timeAt = async (rank: number): Promise<bigint | undefined> => {
    const [member] = await client.zRange(key('times'), rank, rank)
    return member === undefined ? undefined : (await rowsAt(redis, [Number(member)]))[0]?.time
  }
  const [firstTime, lastTime] = [await timeAt(0), await timeAt(-1)]
  const events = last - first + 1
  const ends = { firstSeq: first, lastSeq: last, firstTime, lastTime }
  return { events, bytes, lineBytes: bytes, ...ends, evicted, anchor, head: await headOf(redis, meta) }
}

const snapshotBefore = async (
  { client, key }: Redis,
  limits: { readonly time: bigint; readonly seq: number },
): Promise<Snapshot | undefined> => {
  const all = Object.entries(await client.hGetAll(key('snapshots')))
  const fitting = all.flatMap(([number, text]) => {
    const [at, state] = JSON.parse(text) as [string, string]
    const [seq, time] = [Number(number), BigInt(at)]
    return time <= limits.time && seq <= limits.seq ? [{ seq, time, state }] : []
  })
  return fitting.toSorted((a, b) => b.seq - a.seq)[0]
}

const safely = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (thrown) {
    throw unavailable('Redis', thrown)
  }
}

/** `silentMs`: a server that answers nothing for so long is given up. */
export const redisBackend = async (url: string, prefix: string, silentMs = SILENT_MS): Promise<EventBackend> => {
  const redis: Redis = { client: await open(url, silentMs), key: (...parts) => [prefix, ...parts].join(':') }
  const { client, key } = redis
  return {
    open: () => safely(async () => void (await client.connect())),
    append: (rows) => safely(() => append(redis, rows)),
    scan: (scan) => safely(() => scanRows(redis, scan)),
    byId: (id) =>
      safely(async () => {
        const seq = await client.hGet(key('ids'), id)
        return seq === null || seq === undefined ? undefined : (await rowsAt(redis, [Number(seq)]))[0]
      }),
    evict: (last) => safely(() => evict(redis, last)),
    stats: () => safely(() => stats(redis)),
    putSnapshot: ({ seq, time, state }) =>
      safely(
        async () => void (await client.hSet(key('snapshots'), String(seq), JSON.stringify([String(time), state]))),
      ),
    snapshotBefore: (limits) => safely(() => snapshotBefore(redis, limits)),
    close: () => safely(async () => client.close()),
  }
}
