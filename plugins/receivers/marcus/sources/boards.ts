/**
 * The databases as sources: marcus.db by row number, kanban.db by comparing rows, costs.db by event number. `position`
 * is what must be saved with the derived state so that no row is read twice.
 */
import { microsOf } from '../micros.ts'
import type { Parsed, SourceName } from '../observation.ts'
import { numberOf, textOf, type Fields } from '../parse/fields.ts'
import { cardOf, parseComment, parseCost } from '../parse/kanban.ts'
import { parseMarcusRow } from '../parse/marcus-db.ts'
import type { Database, Query } from './database.ts'
import { createCursor, type RowCursor, type RowPosition } from './row-cursor.ts'
import { safeRecord } from './safe-record.ts'
import { countKind, type Counters, type Sink } from './sink.ts'

export interface TableSource {
  readonly name: SourceName
  readonly database: Database
  poll(): void
  /** What has been read, to be saved with what was derived from it. */
  position(): RowPosition
  goOnFrom(position: RowPosition): void
}

const ROWS_AT_ONCE = 2_000

const put = (sink: Sink, source: SourceName, parsed: Parsed, at: number, ref: string, row: number): void => {
  if (parsed.kind === 'housekeeping') countKind(sink.counters(source), parsed.name)
  else sink.push({ ...parsed, at, source, ref, row })
}

/** What tells rows of one number apart, where a database was begun anew. */
const PERSISTED = "collection || '/' || key || '/' || stored_at"
const COMMENT = "id || '/' || created_at"
const COST = "t.run_id || '/' || t.timestamp"

/** All rows after those that were read: `sql` gives `number` and `mark` among its columns. */
const readOn = (query: Query, sql: string, cursor: RowCursor, read: (row: Fields, number: number) => void): void => {
  let last = cursor.last(query)
  for (;;) {
    const rows = query(sql, last, ROWS_AT_ONCE)
    const before = last
    for (const row of rows) {
      last = numberOf(row['number']) ?? last
      read(row, last)
      cursor.read(last, row)
    }
    // Numbers that do not grow are no numbers of rows: a table of another shape, or a damaged one.
    if (rows.length < ROWS_AT_ONCE || last <= before) return
  }
}

const positionOf = (cursor: RowCursor): Pick<TableSource, 'position' | 'goOnFrom'> => ({
  position: () => cursor.position,
  goOnFrom: (position) => {
    cursor.position = position
  },
})

const notRead = (
  sink: Sink,
  counters: Counters,
  source: SourceName,
  ref: string,
  reason: string,
  row: Fields,
  includeContent: boolean,
): void => {
  counters[reason === 'unknown' ? 'unmapped' : 'malformed']++
  const record = safeRecord(row, includeContent)
  const at = microsOf(row['stored_at']) ?? microsOf(row['timestamp']) ?? sink.now()
  sink.push({ kind: 'unmapped', file: ref.split('/', 1)[0] ?? ref, reason, record, at, source, ref })
}

export const marcusSource = (database: Database, sink: Sink, includeContent: boolean): TableSource => {
  const counters = sink.counters('marcus_db')
  const cursor = createCursor(database, { table: 'persistence', number: 'rowid', mark: PERSISTED })

  const readRow = (row: Fields): void => {
    counters.read++
    const ref = `marcus.db/${String(row['collection'])}/${String(row['key'])}`
    const collection = textOf(row['collection']) ?? ''
    const key = textOf(row['key']) ?? ''
    try {
      const data = typeof row['data'] === 'string' ? row['data'] : ''
      const { at, parsed, type, content } = parseMarcusRow({
        collection,
        key,
        data,
        storedAt: textOf(row['stored_at']) ?? '',
      })
      if (parsed !== undefined) put(sink, 'marcus_db', parsed, at ?? sink.now(), ref, numberOf(row['rowid']) ?? 0)
      else {
        counters.unmapped++
        // The realtime log has had it already, where there is one.
        if (type !== undefined && sink.counters('realtime').read > 0) return
        const record = safeRecord(content, includeContent)
        sink.push({
          kind: 'unmapped',
          file: 'marcus.db',
          reason: 'unknown',
          record,
          at: at ?? sink.now(),
          source: 'marcus_db',
          ref,
          ...(type === undefined ? {} : { type }),
        })
      }
    } catch {
      notRead(
        sink,
        counters,
        'marcus_db',
        ref,
        'not_json',
        { ...row, data: String(row['data']).slice(0, 2_000) },
        includeContent,
      )
    }
  }

  return {
    name: 'marcus_db',
    database,
    ...positionOf(cursor),
    poll: () => {
      const columns = `rowid AS number, rowid, collection, key, data, stored_at, ${PERSISTED} AS mark`
      const sql = `SELECT ${columns} FROM persistence WHERE rowid > ? ORDER BY rowid LIMIT ?`
      database.poll((query) => readOn(query, sql, cursor, readRow))
    },
  }
}

export const kanbanSource = (database: Database, sink: Sink, includeContent: boolean): TableSource => {
  const counters = sink.counters('kanban')
  /** What was pushed of each card last; as many as the board has. */
  const told = new Map<string, string>()
  const comments = createCursor(database, { table: 'comments', number: 'rowid', mark: COMMENT })

  const readCards = (cards: readonly Fields[], dependencies: ReadonlyMap<string, readonly string[]>): void => {
    for (const row of cards) {
      const id = textOf(row['id']) ?? ''
      const state = [row['status'], row['assigned_to'], row['updated_at'], row['completed_at'], row['name']].join(
        '\u001f',
      )
      const before = told.get(id)
      if (before === state) continue
      told.set(id, state)
      counters.read++
      const ref = `kanban.db/tasks/${id}`
      const card = cardOf(row, dependencies.get(id) ?? [])
      if (card === undefined) {
        notRead(sink, counters, 'kanban', ref, 'no_time', row, includeContent)
        continue
      }
      if (before === undefined)
        sink.push({ kind: 'card', card, created: true, at: card.createdAt, source: 'kanban', ref })
      sink.push({ kind: 'card', card, at: card.updatedAt, source: 'kanban', ref })
    }
  }

  return {
    name: 'kanban',
    database,
    ...positionOf(comments),
    poll: () => {
      database.poll((query) => {
        const dependencies = new Map<string, string[]>()
        for (const row of query('SELECT task_id, depends_on_id FROM task_dependencies')) {
          const task = String(row['task_id'])
          dependencies.set(task, [...(dependencies.get(task) ?? []), String(row['depends_on_id'])])
        }
        // Columns differ between versions of Marcus; the long texts are not looked at.
        readCards(query('SELECT * FROM tasks ORDER BY rowid'), dependencies)
        const sql = `SELECT rowid AS number, *, ${COMMENT} AS mark FROM comments WHERE rowid > ? ORDER BY rowid LIMIT ?`
        readOn(query, sql, comments, (row, number) => {
          counters.read++
          const parsed = parseComment(row)
          const at = microsOf(row['created_at'])
          if (parsed !== undefined && at !== undefined)
            put(sink, 'kanban', parsed, at, `kanban.db/comments/${String(row['id'])}`, number)
        })
      })
    },
  }
}

const COST_VIEW = 'v_event_cost'

export const costSource = (database: Database, sink: Sink): TableSource => {
  const counters = sink.counters('costs')
  const cursor = createCursor(database, { table: 'token_events t', number: 'event_id', mark: COST })

  const sql = (view: boolean): string => {
    const columns = `t.event_id AS number, t.*, ${COST} AS mark${view ? ', c.cost_usd' : ''}`
    const prices = view ? ` LEFT JOIN ${COST_VIEW} c ON c.event_id = t.event_id` : ''
    return `SELECT ${columns} FROM token_events t${prices} WHERE t.event_id > ? ORDER BY t.event_id LIMIT ?`
  }

  return {
    name: 'costs',
    database,
    ...positionOf(cursor),
    poll: () => {
      database.poll((query) => {
        const views = query("SELECT name FROM sqlite_master WHERE type = 'view' AND name = ?", COST_VIEW)
        readOn(query, sql(views.length > 0), cursor, (row, number) => {
          counters.read++
          const parsed = parseCost(row)
          const at = microsOf(row['timestamp']) ?? sink.now()
          if (parsed !== undefined) put(sink, 'costs', parsed, at, `costs.db/token_events/${number}`, number)
        })
      })
    },
  }
}
