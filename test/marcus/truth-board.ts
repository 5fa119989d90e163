/**
 * The board's part of the truth: cards made, finished, put back; the project's counts, milestones and end. From what the
 * watcher wrote down each time a card changed; subtasks from the file they live in and the reports about them.
 */
import type { Call } from '../../core/replay/calls.ts'
import { parseInstant, seconds, type Json, type Micros, type Recording } from '../../core/replay/index.ts'
import type { Expectation } from './expectation.ts'
import { isObject, SLACK, succeeded, type Day } from './day.ts'

export interface BoardChange {
  /** When the card changed, as the card says. */
  readonly at: Micros
  /** When the watcher saw it. */
  readonly seen: Micros
  readonly taskId: string
  readonly projectId: string
  readonly status: string | null
  readonly assignedTo: string | null
  readonly wasStatus: string | null
  readonly wasAssignedTo: string | null
}

export interface Subtask {
  readonly id: string
  readonly parentId: string
  readonly name: string
  readonly madeAt: Micros
}

export interface Board {
  readonly changes: readonly BoardChange[]
  readonly subtasks: readonly Subtask[]
  /** When tasks became done, each the first time after it was not, and by whom an accepted report says. */
  readonly completions: readonly {
    readonly taskId: string
    readonly from: Micros
    readonly to: Micros
    readonly by: Json
  }[]
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const changesOf = (recording: Recording): BoardChange[] =>
  recording
    .lines('truth.ndjson')
    .filter((line) => line['what'] === 'board')
    .flatMap((line) => {
      const seen = parseInstant(line['ts'])
      if (seen === undefined || typeof line['task_id'] !== 'string') return []
      return [
        {
          at: Math.min(parseInstant(line['updated_at']) ?? seen, seen),
          seen,
          taskId: line['task_id'],
          projectId: text(line['project_id']) ?? '',
          status: text(line['status']),
          assignedTo: text(line['assigned_to']),
          wasStatus: text(line['was_status']),
          wasAssignedTo: text(line['was_assigned_to']),
        },
      ]
    })

const subtasksOf = (recording: Recording): Subtask[] => {
  const all = recording.json('data/marcus_state/subtasks.json')?.['subtasks']
  return Object.entries(isObject(all) ? all : {}).flatMap(([id, entry]) => {
    const madeAt = isObject(entry) ? parseInstant(entry['created_at']) : undefined
    if (!isObject(entry) || madeAt === undefined) return []
    return [{ id, parentId: text(entry['parent_task_id']) ?? '', name: text(entry['name']) ?? '', madeAt }]
  })
}

/** An accepted report that finishes a task: 100 % counts, whatever the status says. */
export const finishes = (call: Call): boolean =>
  call.tool === 'report_task_progress' &&
  (call.arguments['progress'] === 100 || call.arguments['status'] === 'completed')

export const boardOf = (recording: Recording, calls: readonly Call[]): Board => {
  const changes = changesOf(recording)
  const subtasks = subtasksOf(recording)
  const reports = calls.filter((call) => finishes(call) && succeeded(call))
  const completions: Board['completions'][number][] = []
  for (const change of changes) {
    if (change.status !== 'done' || change.wasStatus === null || change.wasStatus === 'done') continue
    const report = reports.find(
      (call) =>
        call.arguments['task_id'] === change.taskId &&
        call.sentAt <= change.at + seconds(1) &&
        call.answeredAt >= change.at - seconds(2),
    )
    const from = Math.min(change.at, report?.sentAt ?? change.at) - SLACK
    const to = Math.max(change.seen, report?.answeredAt ?? change.seen) + SLACK
    completions.push({ taskId: change.taskId, from, to, by: byWhom(change, report, subtasks) })
  }
  const finished = new Set<string>()
  for (const call of reports) {
    const taskId = text(call.arguments['task_id']) ?? ''
    if (finished.has(taskId) || !subtasks.some(({ id }) => id === taskId)) continue
    finished.add(taskId)
    const by = { by: 'agent', agent_id: call.arguments['agent_id'] }
    completions.push({ taskId, from: call.sentAt - SLACK, to: call.answeredAt + SLACK, by })
  }
  return { changes, subtasks, completions }
}

const byWhom = (change: BoardChange, report: Call | undefined, subtasks: readonly Subtask[]): Json => {
  if (report !== undefined) return { by: 'agent', agent_id: report.arguments['agent_id'] }
  if (change.assignedTo === 'Marcus') return { by: 'marcus' }
  return subtasks.some(({ parentId }) => parentId === change.taskId) ? { by: 'subtasks' } : {}
}

interface Counts {
  readonly total: number
  readonly done: number
  readonly active: number
  readonly blocked: number
}

interface Moment extends Counts {
  readonly at: Micros
  readonly seen: Micros
}

/** A project's counts after each change of its cards. */
const history = (changes: readonly BoardChange[]): Moment[] => {
  const status = new Map<string, string>()
  const count = (wanted: string): number => [...status.values()].filter((value) => value === wanted).length
  return changes
    .toSorted((a, b) => a.at - b.at)
    .map((change) => {
      if (change.status === null) status.delete(change.taskId)
      else status.set(change.taskId, change.status)
      const counts = {
        total: status.size,
        done: count('done'),
        active: count('in_progress'),
        blocked: count('blocked'),
      }
      return { at: change.at, seen: change.seen, ...counts }
    })
}

const milestones = (projectId: string, moments: readonly Moment[]): Expectation[] =>
  [25, 50, 75, 100].flatMap((percent) => {
    const reached = moments.find(({ total, done }) => total > 0 && (done * 100) / total >= percent)
    if (reached === undefined) return []
    const window = { from: reached.at - seconds(1), to: reached.seen + SLACK }
    return [{ type: 'project.milestone.reached', ...window, data: { project_id: projectId, percent } }]
  })

/** Marcus's own rule: nothing in progress, and what is not completed is blocked. */
const over = ({ total, done, active, blocked }: Counts): boolean =>
  total > 0 && active === 0 && done + blocked === total

const completionsOfProject = (projectId: string, moments: readonly Moment[]): Expectation[] =>
  moments.flatMap((moment, index) => {
    const before = moments[index - 1]
    if (!over(moment) || (before !== undefined && over(before))) return []
    return [
      {
        type: 'project.completed',
        from: moment.at - seconds(1),
        to: moment.seen + SLACK,
        data: { project_id: projectId },
      },
    ]
  })

/** Every state that the board kept for a second must be told; shorter ones may be. */
const statuses = (projectId: string, moments: readonly Moment[]): Expectation[] =>
  moments.flatMap((moment, index): Expectation[] => {
    const before = moments[index - 1]
    const next = moments[index + 1]
    const { total, done, active, blocked } = moment
    if (
      before !== undefined &&
      [total, done, active, blocked].join() === [before.total, before.done, before.active, before.blocked].join()
    )
      return []
    const data = { project_id: projectId, total_tasks: total, completed: done, active_tasks: active, blocked }
    const brief = next !== undefined && next.at - moment.at < seconds(1)
    return [{ type: 'project.status.updated', from: moment.at - SLACK, to: moment.seen + SLACK, data, optional: brief }]
  })

export const boardExpectations = ({ recording }: Day, board: Board): Expectation[] => {
  const names = new Map(
    recording
      .database('data/kanban.db', (db) => db.prepare('SELECT id, name FROM tasks').all())
      ?.map((row) => [row['id'], row['name']]) ?? [],
  )
  const created = board.changes
    .filter((change) => change.wasStatus === null && change.status !== null)
    .map((change): Expectation => {
      const name = names.get(change.taskId)
      const data = {
        task_id: change.taskId,
        project_id: change.projectId,
        ...(name === undefined ? {} : { task_name: name }),
      }
      return { type: 'task.created', from: change.at - SLACK, to: change.seen + SLACK, data }
    })
  const subtasks = board.subtasks.map(({ id, parentId, name, madeAt }): Expectation => ({
    type: 'task.created',
    from: madeAt - SLACK,
    to: madeAt + seconds(2),
    data: { task_id: id, parent_id: parentId, task_name: name },
  }))
  const completed = board.completions.map(({ taskId, from, to, by }): Expectation => ({
    type: 'task.completed',
    from,
    to,
    data: { task_id: taskId, ...by },
  }))
  const unblocked = board.changes
    .filter((change) => change.wasStatus === 'blocked' && change.status !== null && change.status !== 'done')
    .map((change): Expectation => ({
      type: 'task.unblocked',
      from: change.at - SLACK,
      to: change.seen + SLACK,
      data: { task_id: change.taskId },
    }))
  const projects = [...new Set(board.changes.map(({ projectId }) => projectId))].filter((id) => id !== '')
  const perProject = projects.flatMap((projectId) => {
    const moments = history(board.changes.filter((change) => change.projectId === projectId))
    return [
      ...milestones(projectId, moments),
      ...completionsOfProject(projectId, moments),
      ...statuses(projectId, moments),
    ]
  })
  return [...created, ...subtasks, ...completed, ...unblocked, ...perProject]
}
