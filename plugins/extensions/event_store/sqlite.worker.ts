/**
 * Events in one SQLite file, in a thread of its own so that no disk is waited for on the event loop. Every thousand events a
 * part is closed: their lines go together into one zstd frame, and the rows keep what they are found by.
 *
 * A damaged file never stops the start: it is moved aside under a new name, which `open` answers.
 */
import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { CHAIN_START, chained } from 'seneca-collector/history'
import type { Appended, EventRow, Scan, Snapshot, StoredRow, StoreStats } from 'seneca-collector/history'

export interface SqliteInit {
  readonly file: string
  readonly sync: 'commit' | 'interval' | 'none'
  readonly compress: boolean
}

/** Events of a closed part. */
const PART = 1_000
/** Decompressed parts kept for reading. */
const PARTS_KEPT = 8
const SYNCHRONOUS = { commit: 'FULL', interval: 'NORMAL', none: 'OFF' } as const

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, type TEXT NOT NULL,
    task TEXT NOT NULL, agent TEXT NOT NULL, severity INTEGER NOT NULL, hash TEXT NOT NULL, part INTEGER, line TEXT);
  CREATE INDEX IF NOT EXISTS events_time ON events (time);
  CREATE INDEX IF NOT EXISTS events_task ON events (task, seq) WHERE task <> '';
  CREATE INDEX IF NOT EXISTS events_agent ON events (agent, seq) WHERE agent <> '';
  CREATE TABLE IF NOT EXISTS parts (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, bytes INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS snapshots (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`

type Row = Readonly<Record<string, SQLOutputValue>>

const opened = ({ file, sync }: SqliteInit): DatabaseSync => {
  const database = new DatabaseSync(file)
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${SYNCHRONOUS[sync]}; PRAGMA busy_timeout = 5000; ${SCHEMA}`,
    )
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.['quick_check'] !== 'ok') throw new Error('quick_check failed')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Errors of SQLite that say the file itself is broken: SQLITE_CORRUPT, SQLITE_NOTADB. */
const isDamage = (error: unknown): boolean => {
  const code = (error as { readonly errcode?: number }).errcode
  return code === 11 || code === 26 || (error as Error).message === 'quick_check failed'
}

const openOrMoveAside = (
  init: SqliteInit,
): { readonly database: DatabaseSync; readonly movedAside: string | undefined } => {
  try {
    return { database: opened(init), movedAside: undefined }
  } catch (error) {
    if (!isDamage(error)) throw error
    let movedAside = `${init.file}.damaged`
    for (let n = 1; existsSync(movedAside); n++) movedAside = `${init.file}.damaged.${n}`
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(init.file + suffix)) renameSync(init.file + suffix, movedAside + suffix)
    return { database: opened(init), movedAside }
  }
}

const createParts = (database: DatabaseSync) => {
  const read = database.prepare('SELECT data FROM parts WHERE first = ?')
  const kept = new Map<number, readonly string[]>()
  return {
    lineOf(first: number, seq: number): string {
      let lines = kept.get(first)
      if (lines === undefined) {
        const data = read.get(first)?.['data'] as Uint8Array
        lines = zstdDecompressSync(data).toString('utf8').split('\n')
        kept.set(first, lines)
        if (kept.size > PARTS_KEPT) kept.delete(kept.keys().next().value!)
      }
      return lines[seq - first]!
    },
    forget: () => kept.clear(),
  }
}

/** Conditions of a scan as SQL. */
const conditionsOf = ({ afterSeq, descending, since, until, task, agent, severity }: Scan) => {
  const parts: (readonly [string, SQLInputValue])[] = []
  if (!descending) parts.push(['seq > ?', afterSeq])
  else if (afterSeq > 0) parts.push(['seq < ?', afterSeq])
  if (since !== undefined) parts.push(['time >= ?', since])
  if (until !== undefined) parts.push(['time < ?', until])
  if (task !== undefined) parts.push(["task = ? AND task <> ''", task])
  if (agent !== undefined) parts.push(["agent = ? AND agent <> ''", agent])
  if (severity !== undefined) parts.push(['severity >= ?', severity])
  return { sql: parts.map(([text]) => text).join(' AND ') || '1', values: parts.map(([, value]) => value) }
}

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
  const meta = (name: string, otherwise: string): string =>
    (metaOf.get(name)?.['value'] as string | undefined) ?? otherwise
  return {
    prepared,
    meta,
    setMeta: (name: string, value: string): void => void setMeta.run(name, value),
    /** The last number and hash that were given out. */
    end: (): { readonly seq: number; readonly hash: string } => {
      const last = tail.get()
      if (last) return { seq: Number(last['seq']), hash: last['hash'] as string }
      return { seq: Number(meta('last_evicted', '0')), hash: meta('anchor', CHAIN_START) }
    },
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
  const stored = (row: Row): StoredRow => {
    const seq = Number(row['seq'])
    const line = row['line'] === null ? parts.lineOf(Number(row['part']), seq) : (row['line'] as string)
    return {
      seq,
      id: row['id'] as string,
      time: row['time'] as bigint,
      type: row['type'] as string,
      task: row['task'] as string,
      agent: row['agent'] as string,
      severity: Number(row['severity']),
      hash: row['hash'] as string,
      line,
    }
  }
  return {
    scan(scan: Scan): readonly StoredRow[] {
      const { sql, values } = conditionsOf(scan)
      const order = scan.descending ? 'DESC' : 'ASC'
      const rows = prepared(`SELECT * FROM events WHERE ${sql} ORDER BY seq ${order} LIMIT ?`)
      return rows.all(...values, scan.limit).map(stored)
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
        firstTime: (row['since'] as bigint | null) ?? undefined,
        lastTime: (row['until'] as bigint | null) ?? undefined,
        evicted: Number(meta('evicted', '0')),
        anchor: meta('anchor', CHAIN_START),
      }
    },
    snapshotBefore({ time, seq }: { readonly time: bigint; readonly seq: number }): Snapshot | undefined {
      const row = prepared(
        'SELECT seq, time, state FROM snapshots WHERE time <= ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
      ).get(time, seq)
      return row && { seq: Number(row['seq']), time: row['time'] as bigint, state: row['state'] as string }
    },
  }
}

const createAppend = (database: DatabaseSync, { prepared, end, transaction }: Basics, compress: boolean) => {
  const insert = prepared(
    'INSERT INTO events (seq, id, time, type, task, agent, severity, hash, line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const known = prepared('SELECT 1 FROM events WHERE id = ?')
  const loose = prepared('SELECT seq, line FROM events WHERE part IS NULL ORDER BY seq LIMIT ?')
  const closed = database.prepare('INSERT INTO parts (first, last, bytes, data) VALUES (?, ?, ?, ?)')
  const empty = database.prepare('UPDATE events SET part = ?, line = NULL WHERE seq BETWEEN ? AND ?')
  const closeParts = (): void => {
    for (let rows = loose.all(PART); rows.length === PART; rows = loose.all(PART)) {
      const [first, last] = [Number(rows[0]!['seq']), Number(rows.at(-1)!['seq'])]
      const text = Buffer.from(rows.map((row) => row['line'] as string).join('\n'))
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
      for (const row of chained(fresh, seq, hash))
        insert.run(row.seq, row.id, row.time, row.type, row.task, row.agent, row.severity, row.hash, row.line)
      sinceClosed += fresh.length
      if (compress && sinceClosed >= PART) {
        closeParts()
        sinceClosed = 0
      }
      return { added: fresh.length, duplicates: given.length - fresh.length }
    })
}

interface EvictLimits {
  readonly before: bigint | undefined
  readonly most: number | undefined
}

const createEvict = (database: DatabaseSync, basics: Basics, parts: Parts) => {
  const { prepared, meta, setMeta, transaction } = basics
  const tooMany = ({ before, most }: EvictLimits, total: number, first: number): number => {
    const kept =
      before === undefined
        ? undefined
        : prepared('SELECT min(seq) AS seq FROM events WHERE time >= ?').get(before)!['seq']
    const tooOld = before === undefined ? 0 : kept === null ? total : Number(kept) - first
    return Math.max(tooOld, most === undefined ? 0 : total - most, 0)
  }
  return (limits: EvictLimits): number =>
    transaction(() => {
      const all = prepared('SELECT count(*) AS n, min(seq) AS seq FROM events').get()!
      const first = Number(all['seq'] ?? 0)
      const n = tooMany(limits, Number(all['n']), first)
      if (n === 0) return 0
      const last = first + n - 1
      setMeta('anchor', database.prepare('SELECT hash FROM events WHERE seq = ?').get(last)!['hash'] as string)
      setMeta('last_evicted', String(last))
      setMeta('evicted', String(Number(meta('evicted', '0')) + n))
      database.prepare('DELETE FROM events WHERE seq <= ?').run(last)
      database.prepare('DELETE FROM parts WHERE last <= ?').run(last)
      database.prepare('DELETE FROM snapshots WHERE seq < ?').run(last)
      parts.forget()
      return n
    })
}

export default (init: SqliteInit) => {
  const { database, movedAside } = openOrMoveAside(init)
  const basics = createBasics(database)
  const parts = createParts(database)
  const putSnapshot = database.prepare('INSERT OR REPLACE INTO snapshots (seq, time, state) VALUES (?, ?, ?)')
  return {
    open: () => movedAside,
    ...createReads(basics, parts),
    append: createAppend(database, basics, init.compress),
    evict: createEvict(database, basics, parts),
    putSnapshot: ({ seq, time, state }: Snapshot): void => void putSnapshot.run(seq, time, state),
    close: () => database.close(),
  }
}
