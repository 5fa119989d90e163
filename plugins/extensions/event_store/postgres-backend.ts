/** Events in a PostgreSQL database: one table of events, one of snapshots, one of small values. One transaction a write. */
import type { PoolClient, QueryResultRow } from 'pg'
import { CHAIN_START, chained, endToText, laterEnd } from 'seneca-collector/history'
import type { Appended, ChainEnd, EventBackend, EventRow, Scan, StoredRow, StoreStats } from 'seneca-collector/history'
import { needed, unavailable } from './needed.ts'

const CONNECTIONS_MAX = 4
const WAIT_MS = 10_000
/** The longest that is asked of it is to evict. */
const QUERY_MS = 60_000
/** Postgres' code for a table that is not there. */
const UNDEFINED_TABLE = '42P01'
/** Serialises writers of one store, in whatever process they are. */
const LOCK = 0x5e4eca

const schemaOf = (prefix: string): string => `
  CREATE TABLE IF NOT EXISTS ${prefix}_events (seq BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, time BIGINT NOT NULL, type TEXT NOT NULL,
    task TEXT NOT NULL, agent TEXT NOT NULL, severity INTEGER NOT NULL, hash TEXT NOT NULL, line TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS ${prefix}_events_time ON ${prefix}_events (time);
  CREATE INDEX IF NOT EXISTS ${prefix}_events_task ON ${prefix}_events (task, seq) WHERE task <> '';
  CREATE INDEX IF NOT EXISTS ${prefix}_events_agent ON ${prefix}_events (agent, seq) WHERE agent <> '';
  CREATE TABLE IF NOT EXISTS ${prefix}_snapshots (seq BIGINT PRIMARY KEY, time BIGINT NOT NULL, state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS ${prefix}_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);`

const NUL = '\0'
const ESCAPE = '\ue000'

/** PostgreSQL has every text but those with a NUL. */
const escaped = (text: string): string =>
  text.includes(NUL) || text.includes(ESCAPE)
    ? text.replaceAll(ESCAPE, `${ESCAPE}1`).replaceAll(NUL, `${ESCAPE}0`)
    : text
const unescaped = (text: unknown): string =>
  String(text).replace(/\ue000([01])/g, (_pair, digit) => (digit === '0' ? NUL : ESCAPE))

const rowOf = (row: QueryResultRow): StoredRow => ({
  seq: Number(row['seq']),
  id: unescaped(row['id']),
  time: BigInt(row['time'] as string),
  type: unescaped(row['type']),
  task: unescaped(row['task']),
  agent: unescaped(row['agent']),
  severity: row['severity'] as number,
  hash: row['hash'] as string,
  line: row['line'] as string,
})

const whereOf = (scan: Scan): { readonly sql: string; readonly values: unknown[] } => {
  const values: unknown[] = []
  const parts: string[] = []
  const add = (text: string, value: unknown): void => {
    values.push(value)
    parts.push(text.replace('?', `$${values.length}`))
  }
  if (!scan.descending) add('seq > ?', scan.afterSeq)
  else if (scan.afterSeq > 0) add('seq < ?', scan.afterSeq)
  if (scan.since !== undefined) add('time >= ?', scan.since)
  if (scan.until !== undefined) add('time < ?', scan.until)
  if (scan.task !== undefined) add("task = ? AND task <> ''", escaped(scan.task))
  if (scan.agent !== undefined) add("agent = ? AND agent <> ''", escaped(scan.agent))
  if (scan.severity !== undefined) add('severity >= ?', scan.severity)
  return { sql: parts.join(' AND ') || 'true', values }
}

type Client = Pick<PoolClient, 'query'>

const metaOf = async (client: Client, prefix: string, name: string, otherwise: string): Promise<string> => {
  const { rows } = await client.query(`SELECT value FROM ${prefix}_meta WHERE name = $1`, [name])
  return (rows[0]?.['value'] as string | undefined) ?? otherwise
}

const storedEnd = async (client: Client, prefix: string): Promise<ChainEnd> => {
  const [last] = (await client.query(`SELECT seq, hash FROM ${prefix}_events ORDER BY seq DESC LIMIT 1`)).rows
  if (last) return { seq: Number(last['seq']), hash: last['hash'] as string }
  return {
    seq: Number(await metaOf(client, prefix, 'last_evicted', '0')),
    hash: await metaOf(client, prefix, 'anchor', CHAIN_START),
  }
}

const setMeta = (client: Client, prefix: string, values: Readonly<Record<string, string>>) =>
  client.query(
    `INSERT INTO ${prefix}_meta (name, value) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [Object.keys(values), Object.values(values)],
  )

/** The last number and hash that were given out. */
const endOf = async (client: Client, prefix: string): Promise<ChainEnd> =>
  laterEnd(await metaOf(client, prefix, 'end', ''), await storedEnd(client, prefix))

const columns = ['seq', 'id', 'time', 'type', 'task', 'agent', 'severity', 'hash', 'line'] as const

const append = async (client: Client, prefix: string, given: readonly EventRow[]): Promise<Appended> => {
  const known = await client.query(`SELECT id FROM ${prefix}_events WHERE id = ANY($1)`, [
    given.map(({ id }) => escaped(id)),
  ])
  const seen = new Set(known.rows.map((row) => unescaped(row['id'])))
  const fresh = given.filter(({ id }) => !seen.has(id) && seen.add(id))
  const { seq, hash } = await endOf(client, prefix)
  const rows = chained(fresh, seq, hash)
  const last = rows.at(-1)
  if (last === undefined) return { added: 0, duplicates: given.length }
  await client.query(
    `INSERT INTO ${prefix}_events (${columns.join(', ')})
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[])`,
    columns.map((column) =>
      rows.map(({ [column]: value }) => (typeof value === 'string' && column !== 'line' ? escaped(value) : value)),
    ),
  )
  await setMeta(client, prefix, { end: endToText(last) })
  return { added: rows.length, duplicates: given.length - rows.length }
}

const evict = async (client: Client, prefix: string, last: number): Promise<number> => {
  const [newest] = (
    await client.query(`SELECT seq, hash FROM ${prefix}_events WHERE seq <= $1 ORDER BY seq DESC LIMIT 1`, [last])
  ).rows
  if (newest === undefined) return 0
  const { rowCount } = await client.query(`DELETE FROM ${prefix}_events WHERE seq <= $1`, [last])
  const gone = rowCount ?? 0
  await setMeta(client, prefix, {
    anchor: newest['hash'] as string,
    last_evicted: newest['seq'] as string,
    evicted: String(Number(await metaOf(client, prefix, 'evicted', '0')) + gone),
  })
  await client.query(`DELETE FROM ${prefix}_snapshots WHERE seq < $1`, [newest['seq']])
  return gone
}

const timeOf = (value: unknown): bigint | undefined => (value === null ? undefined : BigInt(value as string))

const stats = async (client: Client, prefix: string): Promise<StoreStats> => {
  const [row] = (
    await client.query(
      `SELECT count(*) AS n, min(seq) AS first, min(time) AS since, max(time) AS until, sum(octet_length(line)) AS bytes
       FROM ${prefix}_events`,
    )
  ).rows
  const end = await endOf(client, prefix)
  const bytes = Number(row?.['bytes'] ?? 0)
  return {
    events: Number(row?.['n']),
    bytes,
    lineBytes: bytes,
    firstSeq: row?.['first'] === null ? end.seq + 1 : Number(row?.['first']),
    lastSeq: end.seq,
    firstTime: timeOf(row?.['since']),
    lastTime: timeOf(row?.['until']),
    evicted: Number(await metaOf(client, prefix, 'evicted', '0')),
    anchor: await metaOf(client, prefix, 'anchor', CHAIN_START),
    head: end.hash,
  }
}

/** Connections, and what they refuse as a failure that may pass. */
const openPool = async (url: string, silentMs: number) => {
  const { default: pg } = await needed('pg', () => import('pg'), 'PostgreSQL')
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: WAIT_MS,
    query_timeout: silentMs,
  })
  // A connection that breaks is told to its query, and replaced by the next one; without a listener it would end the process,
  // whether it is idle (the pool's) or in use (its own).
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const safely = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      throw unavailable('PostgreSQL', thrown)
    }
  }
  const within = async <T>(client: PoolClient, work: (client: Client) => Promise<T>): Promise<T> => {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const answer = await work(client)
    await client.query('COMMIT')
    return answer
  }
  return {
    close: () => pool.end(),
    read: <T>(work: (client: Client) => Promise<T>): Promise<T> => safely(() => work(pool)),
    transaction: <T>(work: (client: Client) => Promise<T>): Promise<T> =>
      safely(async () => {
        const client = await pool.connect()
        try {
          const answer = await within(client, work)
          client.release()
          return answer
        } catch (thrown) {
          // A broken connection is not given back.
          await client.query('ROLLBACK').then(
            () => client.release(),
            (error: Error) => client.release(error),
          )
          throw thrown
        }
      }),
  }
}

/** `silentMs`: a server that answers nothing for so long is given up. */
export const postgresBackend = async (url: string, prefix: string, silentMs = QUERY_MS): Promise<EventBackend> => {
  const { read, transaction, close } = await openPool(url, silentMs)
  const rowsOf = async (sql: string, values: readonly unknown[]): Promise<QueryResultRow[]> =>
    (await read((client) => client.query<QueryResultRow>(sql, [...values]))).rows
  // In a transaction: two that start at once must not make the same table.
  const open = (): Promise<void> => transaction(async (client) => void (await client.query(schemaOf(prefix))))
  /** A database that was restored, or came back empty, has its tables made once more. */
  const whole = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (((error as Error).cause as { code?: unknown } | undefined)?.code !== UNDEFINED_TABLE) throw error
      await open()
      return work()
    }
  }
  return {
    open,
    append: (given) => whole(() => transaction((client) => append(client, prefix, given))),
    async scan(scan) {
      const { sql, values } = whereOf(scan)
      const order = scan.descending ? 'DESC' : 'ASC'
      const limit = `$${values.length + 1}`
      const rows = await rowsOf(`SELECT * FROM ${prefix}_events WHERE ${sql} ORDER BY seq ${order} LIMIT ${limit}`, [
        ...values,
        scan.limit,
      ])
      return rows.map(rowOf)
    },
    async byId(id) {
      const [row] = await rowsOf(`SELECT * FROM ${prefix}_events WHERE id = $1`, [escaped(id)])
      return row && rowOf(row)
    },
    evict: (last) => transaction((client) => evict(client, prefix, last)),
    stats: () => read((client) => stats(client, prefix)),
    async putSnapshot({ seq, time, state }) {
      await rowsOf(
        `INSERT INTO ${prefix}_snapshots (seq, time, state) VALUES ($1, $2, $3)
         ON CONFLICT (seq) DO UPDATE SET time = excluded.time, state = excluded.state`,
        [seq, time, state],
      )
    },
    async snapshotBefore({ time, seq }) {
      const [row] = await rowsOf(
        `SELECT seq, time, state FROM ${prefix}_snapshots WHERE time <= $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1`,
        [time, seq],
      )
      return row && { seq: Number(row['seq']), time: BigInt(row['time'] as string), state: row['state'] as string }
    },
    close,
  }
}
