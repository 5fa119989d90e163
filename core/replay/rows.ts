/** Rows of the recorded databases as steps: `marcus.db` and `costs.db` grow row by row, each at its own timestamp. */
import type { DatabaseSync } from 'node:sqlite'
import { parseLine } from './json.ts'
import { parseInstant, seconds, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'
import type { Parameter, Step } from './step.ts'

export type Row = { readonly [column: string]: Parameter }

export const insert = (path: string, table: string, row: Row, at: Micros): Step => {
  const columns = Object.keys(row)
  const places = columns.map(() => '?').join(', ')
  const sql = `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${places})`
  return { at, kind: 'sql', path, sql, parameters: columns.map((column) => row[column] ?? null) }
}

/** The empty database. SQLite's own tables come by themselves. */
export const schemaOf = (db: DatabaseSync, path: string, at: Micros): Step[] =>
  db
    .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
    .all()
    .map((row) => ({ at, kind: 'sql', path, sql: String(row['sql']), parameters: [] }))

const MARCUS = 'data/marcus.db'

/** A row's own time, when it lies in the second the database says it was stored in; else that second. */
const storedAt = (row: Row): Micros | undefined => {
  const data = typeof row['data'] === 'string' ? parseLine(row['data']) : undefined
  const own = parseInstant(data?.['timestamp'] ?? data?.['completed_at'] ?? data?.['created_at'])
  const stored = parseInstant(row['stored_at'])
  if (own === undefined || stored === undefined) return own ?? stored
  return own >= stored && own < stored + seconds(1) ? own : Math.max(own, stored)
}

/** Row numbers are kept; rows come in their order, because that is the order they were written in. */
export const marcusRowSteps = (recording: Recording, start: Micros): readonly Step[] =>
  recording.database(MARCUS, (db): Step[] => {
    let latest = start
    const rows = db.prepare('SELECT rowid, * FROM persistence ORDER BY rowid').all() as Row[]
    const steps = rows.map((row) => {
      latest = Math.max(latest, storedAt(row) ?? latest)
      return insert(MARCUS, 'persistence', row, latest)
    })
    return [...schemaOf(db, MARCUS, start), ...steps]
  }) ?? []

const COSTS = 'home/costs.db'
const TIME_COLUMNS = ['timestamp', 'started_at', 'first_seen', 'set_at', 'effective_from']

const tableSteps = (db: DatabaseSync, table: string, start: Micros): Step[] => {
  const columns = db
    .prepare(`SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`)
    .all()
    .map((row) => String(row['name']))
  const time = TIME_COLUMNS.find((column) => columns.includes(column))
  return (db.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).all() as Row[]).flatMap((row) => {
    const at = Math.max(parseInstant(time === undefined ? undefined : row[time]) ?? start, start)
    const ended = parseInstant(row['ended_at'])
    if (ended === undefined || ended <= at) return [insert(COSTS, table, row, at)]
    return [insert(COSTS, table, { ...row, ended_at: null }, at), insert(COSTS, table, row, ended)]
  })
}

export const costSteps = (recording: Recording, start: Micros): readonly Step[] =>
  recording.database(COSTS, (db): Step[] => {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
    const rows = tables.flatMap((row) => tableSteps(db, String(row['name']), start))
    return [...schemaOf(db, COSTS, start), ...rows]
  }) ?? []
