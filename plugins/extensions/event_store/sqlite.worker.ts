/**
 * Events in one SQLite file, in a thread of its own so that no disk is waited for on the event loop. Every thousand events a
 * part is closed: their lines go together into one zstd frame, and the rows keep what they are found by.
 *
 * Rows that cannot be read any more are passed over, and `verify` finds that they are missing.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CHAIN_START, chained, endToText, laterEnd } from 'seneca-collector/history'
import type { Appended, ChainEnd, EventRow, Scan, Snapshot, StoredRow, StoreStats } from 'seneca-collector/history'
import { movedAside, openFile, type SqliteInit } from './sqlite-file.ts'

/** Events of a closed part. */
const PART = 1_000
/** Decompressed parts kept for reading. */
const PARTS_KEPT = 8
/** What the lines of a part may come to: a thousand of the longest that are taken. */
const PART_BYTES_MOST = 1024 * 1024 * 1024

type Row = Readonly<Record<string, SQLOutputValue>>

const decompressed = (row: Row | undefined): readonly string[] => {
  const data = row?.['data']
  if (!(data instanceof Uint8Array)) return []
  const bytes = Number(row?.['bytes'])
  const maxOutputLength = bytes > 0 && bytes <= PART_BYTES_MOST ? bytes : PART_BYTES_MOST
  try {
    return zstdDecompressSync(data, { maxOutputLength }).toString('utf8').split('\n')
  } catch {
    return []
  }
}

const createParts = (database: DatabaseSync) => {
  const read = database.prepare('SELECT data, bytes FROM parts WHERE first = ?')
  const kept = new Map<number, readonly string[]>()
  return {
    /** Undefined: the part is gone, or damaged. */
    lineOf(first: number, seq: number): string | undefined {
      let lines = kept.get(first)
      if (lines === undefined) {
        lines = decompressed(read.get(first))
        kept.set(first, lines)
        if (kept.size > PARTS_KEPT) kept.delete(kept.keys().next().value!)
      }
      return lines[seq - first]
    },
    forget: () => kept.clear(),
  }
}

/** Rows within a span of time that are found by their time and then put in order; of more, all are gone through in order. */
const SPAN_ROWS_MOST = 5_000

/** Conditions of a scan as SQL. `time` names the column: `+time` keeps SQLite from going by its index. */
const conditionsOf = ({ afterSeq, descending, since, until, task, agent, severity }: Scan, time: 'time' | '+time') => {
  const parts: (readonly [string, SQLInputValue])[] = []
  if (!descending) parts.push(['seq > ?', afterSeq])
  else if (afterSeq > 0) parts.push(['seq < ?', afterSeq])
  if (since !== undefined) parts.push([`${time} >= ?`, since])
  if (until !== undefined) parts.push([`${time} < ?`, until])
  if (task !== undefined) parts.push(["task = ? AND task <> ''", task])
  if (agent !== undefined) parts.push(["agent = ? AND agent <> ''", agent])
  if (severity !== undefined) parts.push(['severity >= ?', severity])
  return { sql: parts.map(([text]) => text).join(' AND ') || '1', values: parts.map(([, value]) => value) }
}

const TIME_LEAST = -(2n ** 63n)
const TIME_MOST = 2n ** 63n - 1n

const asText = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
const asTime = (value: SQLOutputValue | undefined): bigint | undefined =>
  typeof value === 'bigint' ? value : undefined

const createBasics = (database: DatabaseSync) => {
  const prepared = (sql: string): StatementSync => {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    return statement
  }
  const metaOf = database.prepare('SELECT value FROM meta WHERE name = ?')
  const setMeta = database.prepare(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const tail = prepared('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1')
  const meta = (name: string, otherwise: string): string => asText(metaOf.get(name)?.['value']) ?? otherwise
  const storedEnd = (): ChainEnd => {
    const last = tail.get()
    if (last) return { seq: Number(last['seq']), hash: asText(last['hash']) ?? CHAIN_START }
    return { seq: Number(meta('last_evicted', '0')), hash: meta('anchor', CHAIN_START) }
  }
  return {
    prepared,
    meta,
    setMeta: (name: string, value: string): void => void setMeta.run(name, value),
    /** The last number and hash that were given out. */
    end: (): ChainEnd => laterEnd(meta('end', ''), storedEnd()),
    transaction: <T>(work: () => T): T => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const answer = work()
        database.exec('COMMIT')
        return answer
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
  }
}
type Basics = ReturnType<typeof createBasics>
type Parts = ReturnType<typeof createParts>

const createReads = ({ prepared, meta, end }: Basics, parts: Parts) => {
  const byId = prepared('SELECT * FROM events WHERE id = ?')
  /** Undefined when it cannot be read any more. */
  const stored = (row: Row): StoredRow | undefined => {
    const seq = Number(row['seq'])
    const { id, type, task, agent } = row
    const [time, hash] = [asTime(row['time']), asText(row['hash'])]
    const line = row['line'] === null ? parts.lineOf(Number(row['part']), seq) : asText(row['line'])
    if (time === undefined || hash === undefined || line === undefined) return undefined
    const texts = { id: String(id), type: String(type), task: String(task), agent: String(agent) }
    return { seq, ...texts, time, severity: Number(row['severity']), hash, line }
  }
  const within = prepared('SELECT count(*) AS n FROM (SELECT 1 FROM events WHERE time >= ? AND time < ? LIMIT ?)')
  /** By its time a page costs as much as all rows of the span, in order as much as the page and what lies before the span. */
  const timeColumn = ({ since = TIME_LEAST, until = TIME_MOST, task, agent }: Scan): 'time' | '+time' =>
    task === undefined &&
    agent === undefined &&
    Number(within.get(since, until, SPAN_ROWS_MOST + 1)!['n']) <= SPAN_ROWS_MOST
      ? 'time'
      : '+time'
  return {
    scan(scan: Scan): readonly StoredRow[] {
      const found: StoredRow[] = []
      const order = scan.descending ? 'DESC' : 'ASC'
      const time = timeColumn(scan)
      let { afterSeq } = scan
      for (;;) {
        const { sql, values } = conditionsOf({ ...scan, afterSeq }, time)
        const wanted = scan.limit - found.length
        const rows = prepared(`SELECT * FROM events WHERE ${sql} ORDER BY seq ${order} LIMIT ?`).all(...values, wanted)
        for (const row of rows) {
          const one = stored(row)
          if (one !== undefined) found.push(one)
        }
        const last = Number(rows.at(-1)?.['seq'])
        if (rows.length < wanted || found.length >= scan.limit || last === afterSeq) return found
        afterSeq = last
      }
    },
    byId(id: string): StoredRow | undefined {
      const row = byId.get(id)
      return row && stored(row)
    },
    stats(): StoreStats {
      const row = prepared(
        'SELECT count(*) AS n, min(seq) AS first, min(time) AS since, max(time) AS until, sum(length(line)) AS loose FROM events',
      ).get()!
      const closed = prepared('SELECT sum(length(data)) AS stored, sum(bytes) AS bytes FROM parts').get()!
      const lines = Number(row['loose'] ?? 0)
      return {
        events: Number(row['n']),
        bytes: lines + Number(closed['stored'] ?? 0),
        lineBytes: lines + Number(closed['bytes'] ?? 0),
        firstSeq: row['first'] === null ? end().seq + 1 : Number(row['first']),
        lastSeq: end().seq,
        firstTime: asTime(row['since']),
        lastTime: asTime(row['until']),
        evicted: Number(meta('evicted', '0')),
        anchor: meta('anchor', CHAIN_START),
        head: end().hash,
      }
    },
    snapshotBefore({ time, seq }: { readonly time: bigint; readonly seq: number }): Snapshot | undefined {
      const row = prepared(
        'SELECT seq, time, state FROM snapshots WHERE time <= ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
      ).get(time, seq)
      const [at, state] = [asTime(row?.['time']), asText(row?.['state'])]
      return at === undefined || state === undefined ? undefined : { seq: Number(row!['seq']), time: at, state }
    },
  }
}

const createAppend = (database: DatabaseSync, { prepared, end, setMeta, transaction }: Basics, compress: boolean) => {
  const insert = prepared(
    'INSERT INTO events (seq, id, time, type, task, agent, severity, hash, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const known = prepared('SELECT 1 FROM events WHERE id = ?')
  const loose = prepared('SELECT seq, line FROM events WHERE part IS NULL ORDER BY seq LIMIT ?')
  const closed = database.prepare('INSERT INTO parts (first, last, bytes, data) VALUES (?, ?, ?, ?)')
  const empty = database.prepare('UPDATE events SET part = ?, line = NULL WHERE seq BETWEEN ? AND ?')
  const closeParts = (): void => {
    for (let rows = loose.all(PART); rows.length === PART; rows = loose.all(PART)) {
      const first = Number(rows[0]!['seq'])
      // A line is found by its place; behind a number that is missing another part begins.
      const gap = rows.findIndex((row, i) => Number(row['seq']) !== first + i)
      const run = gap < 0 ? rows : rows.slice(0, gap)
      const last = first + run.length - 1
      const text = Buffer.from(run.map((row) => asText(row['line']) ?? '').join('\n'))
      closed.run(first, last, text.length, zstdCompressSync(text))
      empty.run(first, first, last)
    }
  }
  let sinceClosed = PART
  return (given: readonly EventRow[]): Appended =>
    transaction(() => {
      const seen = new Set<string>()
      const fresh = given.filter(({ id }) => {
        if (seen.has(id) || known.get(id) !== undefined) return false
        seen.add(id)
        return true
      })
      const { seq, hash } = end()
      const rows = chained(fresh, seq, hash)
      for (const row of rows)
        insert.run(row.seq, row.id, row.time, row.type, row.task, row.agent, row.severity, row.hash, row.line)
      const last = rows.at(-1)
      if (last !== undefined) setMeta('end', endToText(last))
      sinceClosed += fresh.length
      if (compress && sinceClosed >= PART) {
        closeParts()
        sinceClosed = 0
      }
      return { added: fresh.length, duplicates: given.length - fresh.length }
    })
}

const createEvict = (database: DatabaseSync, basics: Basics, parts: Parts) => {
  const { prepared, meta, setMeta, transaction } = basics
  const newestUpTo = prepared('SELECT seq, hash FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
  return (upTo: number): number =>
    transaction(() => {
      const newest = newestUpTo.get(upTo)
      if (newest === undefined) return 0
      const last = Number(newest['seq'])
      const gone = Number(database.prepare('DELETE FROM events WHERE seq <= ?').run(last).changes)
      setMeta('anchor', asText(newest['hash']) ?? CHAIN_START)
      setMeta('last_evicted', String(last))
      setMeta('evicted', String(Number(meta('evicted', '0')) + gone))
      database.prepare('DELETE FROM parts WHERE last <= ?').run(last)
      database.prepare('DELETE FROM snapshots WHERE seq < ?').run(last)
      parts.forget()
      return gone
    })
}

/** Faults that are told; of one torn page there may be very many. */
const FAULTS_MOST = 10

const faultsOf = (database: DatabaseSync, file: string): readonly string[] => [
  ...movedAside(file).map(
    (aside) => `${aside} was damaged and moved aside with its events; take it away when it has been looked into`,
  ),
  ...database
    .prepare(`PRAGMA integrity_check(${FAULTS_MOST})`)
    .all()
    .map((row) => String(row['integrity_check']))
    .filter((text) => text !== 'ok'),
]

const createStore = (database: DatabaseSync, compress: boolean) => {
  const basics = createBasics(database)
  const parts = createParts(database)
  const putSnapshot = database.prepare('INSERT OR REPLACE INTO snapshots (seq, time, state) VALUES (?, ?, ?)')
  return {
    ...createReads(basics, parts),
    append: createAppend(database, basics, compress),
    evict: createEvict(database, basics, parts),
    putSnapshot: ({ seq, time, state }: Snapshot): void => void putSnapshot.run(seq, time, state),
  }
}

export default (init: SqliteInit) => {
  const { database, made, movedAside: moved } = openFile(init, (opened) => createStore(opened, init.compress))
  return { ...made, faults: () => faultsOf(database, init.file), open: () => moved, close: () => database.close() }
}
