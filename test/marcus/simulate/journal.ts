/**
 * The files of a simulated Marcus while its day goes by: lines for each log, rows for each database, messages of its
 * clients, and what a watcher saw. Everything is stamped from one clock that only `pass` moves.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { formatInstant, formatStamp, type Json, type Micros } from '../../../core/replay/index.ts'
import { bundledRecording, openRecording } from '../../../core/replay/recording.ts'

export interface Journal {
  now(): Micros
  /** Time goes by; in milliseconds. */
  pass(ms: number): void
  iso(): string
  append(path: string, line: string): void
  write(path: string, text: string): void
  realtime(type: string, fields?: Json): void
  agentEvent(type: string, data: Json): void
  conversation(fields: Json): void
  text(line: string): void
  /** A row of marcus.db; a row of the same key replaces it. */
  row(collection: string, key: string, data: Json): void
  event(type: string, source: string, data: Json): void
  truth(what: string, fields: Json): void
  message(file: 'session' | 'observer', line: Json): void
  kanban(table: string, row: Json): void
  /** New log files, as at each start of Marcus. */
  start(): void
  /** Writes all of it below `folder`. */
  save(folder: string): void
}

const iso = (at: Micros): string => formatInstant(at)
/** structlog says Z. */
const zulu = (at: Micros): string => formatInstant(at).replace('+00:00', 'Z')
const plainSeconds = (at: Micros): string => formatInstant(at).slice(0, 19).replace('T', ' ')
const epoch = (at: Micros): string => String(at / 1_000_000)

/** A database with the tables of a recorded one. */
export const createFrom = (path: string, recorded: string, fill: (db: DatabaseSync) => void): void => {
  const statements =
    openRecording(bundledRecording()).database(recorded, (db) =>
      db
        .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
        .all(),
    ) ?? []
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  db.exec('PRAGMA synchronous = OFF')
  for (const { sql } of statements) db.exec(String(sql))
  fill(db)
  db.close()
}

export const insertAll = (db: DatabaseSync, table: string, rows: readonly Json[]): void => {
  for (const row of rows) {
    const columns = Object.keys(row)
    const sql = `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
    db.prepare(sql).run(...columns.map((column) => row[column] as string | number | null))
  }
}

export const journal = (start: Micros): Journal => {
  let at = start
  let sequence = 0
  let truths = 0
  let events = 0
  let paths = { realtime: '', conversations: '', decisions: '', text: '' }
  const files = new Map<string, string[]>()
  const whole = new Map<string, string>()
  const rows: Json[] = []
  const board = new Map<string, Json[]>()

  const append = (path: string, line: string): void => void files.set(path, [...(files.get(path) ?? []), line])
  const self: Journal = {
    now: () => at,
    pass: (ms) => void (at += Math.round(ms * 1_000)),
    iso: () => iso(at),
    append,
    write: (path, text) => void whole.set(path, text),
    realtime: (type, fields = {}) => append(paths.realtime, JSON.stringify({ timestamp: iso(at), type, ...fields })),
    agentEvent: (type, data) => {
      const path = `logs/agent_events/agent_events_${formatStamp(at).slice(0, 8)}.jsonl`
      append(path, JSON.stringify({ timestamp: iso(at), event_type: type, data }))
    },
    conversation: (fields) => {
      const line = JSON.stringify({ ...fields, timestamp: zulu(at), level: fields['level'] ?? 'info' })
      append(paths.conversations, line)
      if (fields['level'] !== 'debug') append(paths.decisions, line)
    },
    text: (line) => append(paths.text, line),
    row: (collection, key, data) => {
      const replaced = rows.findIndex((row) => row['collection'] === collection && row['key'] === key)
      if (replaced !== -1) rows.splice(replaced, 1)
      rows.push({ collection, key, data: JSON.stringify(data), stored_at: plainSeconds(at) })
    },
    event: (type, source, data) => {
      const id = `evt_${++events}_${epoch(at)}`
      self.row('events', id, { event_id: id, timestamp: iso(at), event_type: type, source, data, metadata: {} })
    },
    truth: (what, fields) => append('truth.ndjson', JSON.stringify({ seq: ++truths, ts: iso(at), what, ...fields })),
    message: (file, line) => append(`mcp-${file}.ndjson`, JSON.stringify({ seq: ++sequence, ts: iso(at), ...line })),
    kanban: (table, row) => void board.set(table, [...(board.get(table) ?? []), row]),
    start: () => {
      events = 0
      const stamp = formatStamp(at)
      paths = {
        realtime: `logs/conversations/realtime_${stamp}.jsonl`,
        conversations: `logs/conversations/conversations_${stamp}.jsonl`,
        decisions: `logs/conversations/decisions_${stamp}.jsonl`,
        text: `logs/marcus_${stamp}.log`,
      }
    },
    save: (folder) => {
      const place = (path: string): string => {
        const full = join(folder, path)
        mkdirSync(dirname(full), { recursive: true })
        return full
      }
      for (const [path, lines] of files) writeFileSync(place(path), lines.map((line) => `${line}\n`).join(''))
      for (const [path, text] of whole) writeFileSync(place(path), text)
      createFrom(place('data/marcus.db'), 'data/marcus.db', (db) => insertAll(db, 'persistence', rows))
      createFrom(place('data/kanban.db'), 'data/kanban.db', (db) => {
        for (const [table, list] of board) insertAll(db, table, list)
      })
    },
  }
  return self
}
