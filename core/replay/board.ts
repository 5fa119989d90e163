/**
 * Marcus's board database built step by step: cards as the watcher saw them change, everything else (comments, blockers,
 * attachments) at its own timestamp. Without a truth file a card goes from how it was made to how it ended.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Json } from './json.ts'
import { parseInstant, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'
import { insert, schemaOf, type Row } from './rows.ts'
import type { Parameter, Step } from './step.ts'

const PATH = 'data/kanban.db'

interface CardState {
  readonly at: Micros
  /** null: the card is gone. */
  readonly status: string | null
  readonly assignedTo: string | null
  readonly updatedAt: string
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const statesOf = (truth: readonly Json[], taskId: string): CardState[] =>
  truth
    .filter((line) => line['what'] === 'board' && line['task_id'] === taskId)
    .flatMap((line) => {
      const seen = parseInstant(line['ts'])
      const updated = parseInstant(line['updated_at'])
      if (seen === undefined) return []
      const at = Math.min(updated ?? seen, seen)
      const updatedAt = text(line['updated_at']) ?? text(line['ts'])!
      return [{ at, status: text(line['status']), assignedTo: text(line['assigned_to']), updatedAt }]
    })

const cardSteps = (row: Row, states: readonly CardState[], start: Micros): Step[] => {
  const id = row['id'] as string
  const createdAt = Math.max(parseInstant(row['created_at']) ?? states[0]?.at ?? start, start)
  const finalAt = Math.max(parseInstant(row['updated_at']) ?? createdAt, createdAt)
  const untouched = finalAt === createdAt
  const first = states[0] ?? {
    at: createdAt,
    status: untouched ? text(row['status']) : 'todo',
    assignedTo: untouched ? text(row['assigned_to']) : null,
    updatedAt: text(row['created_at']) ?? '',
  }
  const made = { ...row, status: first.status, assigned_to: first.assignedTo, updated_at: first.updatedAt }
  const later = states.length === 0 ? [] : states.slice(1)
  const lastDone = later.findLastIndex((state) => state.status === 'done')
  const recovered = later.findLastIndex(
    (state, index) => state.status === 'todo' && (later[index - 1] ?? first).status === 'in_progress',
  )
  const steps: Step[] = [
    insert(PATH, 'tasks', { ...made, completed_at: null, recovery_info: null }, createdAt),
    ...later.map((state, index): Step => {
      if (state.status === null) {
        return { at: state.at, kind: 'sql', path: PATH, sql: 'DELETE FROM tasks WHERE id = ?', parameters: [id] }
      }
      const change: [string, Parameter][] = [
        ['status', state.status],
        ['assigned_to', state.assignedTo],
        ['updated_at', state.updatedAt],
      ]
      if (index === lastDone && row['status'] === 'done') change.push(['completed_at', row['completed_at'] ?? null])
      if (index === recovered) change.push(['recovery_info', row['recovery_info'] ?? null])
      return update(id, change, state.at)
    }),
  ]
  const gone = later.at(-1)?.status === null
  const last = Math.max(finalAt, steps.at(-1)!.at)
  if (!gone && !(untouched && later.length === 0)) {
    const names = ['status', 'assigned_to', 'updated_at', 'completed_at', 'recovery_info', 'actual_hours']
    const known = names.filter((name) => row[name] !== undefined)
    steps.push(
      update(
        id,
        known.map((name) => [name, row[name]!]),
        last,
      ),
    )
  }
  return steps
}

const update = (id: string, change: readonly (readonly [string, Parameter])[], at: Micros): Step => ({
  at,
  kind: 'sql',
  path: PATH,
  sql: `UPDATE tasks SET ${change.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`,
  parameters: [...change.map(([, value]) => value), id],
})

/** When blockers were put aside: the first time after they were made that their card left `blocked`. */
const resolvedAt = (truth: readonly Json[], taskId: unknown, madeAt: Micros, end: Micros): Micros => {
  const left = truth.find(
    (line) =>
      line['what'] === 'board' &&
      line['task_id'] === taskId &&
      line['was_status'] === 'blocked' &&
      (parseInstant(line['updated_at']) ?? 0) > madeAt,
  )
  return parseInstant(left?.['updated_at']) ?? end
}

const attachedSteps = (
  db: DatabaseSync,
  truth: readonly Json[],
  created: ReadonlyMap<string, Micros>,
  end: Micros,
): Step[] => {
  const rows = (table: string): Row[] => {
    try {
      return db.prepare(`SELECT * FROM ${table}`).all() as Row[]
    } catch {
      return []
    }
  }
  const steps: Step[] = []
  for (const table of ['task_dependencies', 'task_labels']) {
    for (const row of rows(table)) {
      const at = created.get(String(row['task_id']))
      if (at !== undefined) steps.push(insert(PATH, table, row, at))
    }
  }
  for (const table of ['comments', 'attachments', 'projects']) {
    for (const row of rows(table)) steps.push(insert(PATH, table, row, parseInstant(row['created_at']) ?? end))
  }
  for (const row of rows('blockers')) {
    const at = parseInstant(row['created_at']) ?? end
    steps.push(insert(PATH, 'blockers', { ...row, resolved: 0 }, at))
    if (row['resolved'] === 1) {
      const sql = 'UPDATE blockers SET resolved = 1 WHERE id = ?'
      const resolved = resolvedAt(truth, row['task_id'], at, end)
      steps.push({ at: resolved, kind: 'sql', path: PATH, sql, parameters: [row['id']!] })
    }
  }
  return steps
}

/** Cards of the truth file that the final database no longer has, with what is known of them. */
const vanished = (truth: readonly Json[], kept: ReadonlySet<string>): Row[] => {
  const rows = new Map<string, Row>()
  for (const line of truth) {
    const id = line['task_id']
    if (line['what'] !== 'board' || typeof id !== 'string' || kept.has(id) || rows.has(id)) continue
    const at = text(line['updated_at']) ?? text(line['ts']) ?? ''
    const known = { id, name: text(line['task']) ?? id, project_id: text(line['project_id']) }
    rows.set(id, { ...known, status: text(line['status']) ?? 'todo', created_at: at, updated_at: at })
  }
  return [...rows.values()]
}

export const boardSteps = (recording: Recording, start: Micros, end: Micros): readonly Step[] => {
  const truth = recording.lines('truth.ndjson')
  const steps = recording.database(PATH, (db): Step[] => {
    const cards = db.prepare('SELECT * FROM tasks').all() as Row[]
    const all = [...cards, ...vanished(truth, new Set(cards.map((row) => String(row['id']))))]
    const made = all.map((row) => cardSteps(row, statesOf(truth, String(row['id'])), start))
    const created = new Map(made.map((list, index) => [String(all[index]!['id']), list[0]!.at]))
    return [...schemaOf(db, PATH, start), ...made.flat(), ...attachedSteps(db, truth, created, end)]
  })
  return steps ?? []
}
