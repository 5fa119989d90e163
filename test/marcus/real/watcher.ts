/** Looks at Marcus's board and writes down each change of a card, as somebody who watches it would. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Json } from '../../../core/replay/index.ts'
import type { Notes } from './notes.ts'

export interface Watcher {
  /** The card of this name, as it is now. */
  card(name: string): Json | undefined
  cards(): readonly Json[]
  /** A person puts a blocked card back. */
  putBack(id: string): void
  stop(): void
}

const LOOK_MS = 250

export const watchBoard = (path: string, notes: Notes): Watcher => {
  const known = new Map<string, Json>()

  const read = (): Json[] => {
    if (!existsSync(path)) return []
    const db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
    try {
      return db.prepare('SELECT * FROM tasks ORDER BY rowid').all()
    } catch {
      return []
    } finally {
      db.close()
    }
  }
  const look = (): void => {
    for (const row of read()) {
      const id = String(row['id'])
      const before = known.get(id)
      if (before?.['status'] === row['status'] && before?.['assigned_to'] === row['assigned_to']) continue
      known.set(id, row)
      notes.truth('board', {
        task_id: id,
        task: row['name'],
        project_id: row['project_id'],
        status: row['status'],
        assigned_to: row['assigned_to'],
        was_status: before?.['status'] ?? null,
        was_assigned_to: before?.['assigned_to'] ?? null,
        updated_at: row['updated_at'],
      })
    }
  }
  const timer = setInterval(look, LOOK_MS)

  return {
    card: (name) => read().find((row) => row['name'] === name),
    cards: read,
    putBack: (id) => {
      const db = new DatabaseSync(path, { timeout: 5_000 })
      const now = new Date().toISOString().replace('Z', '000+00:00')
      db.prepare("UPDATE tasks SET status = 'todo', assigned_to = NULL, updated_at = ? WHERE id = ?").run(now, id)
      db.close()
      notes.truth('unblocked_on_the_board_by_person', { task_id: id })
    },
    stop: () => {
      clearInterval(timer)
      look()
    },
  }
}
