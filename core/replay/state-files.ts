/** Marcus's state files as they changed during the day; it replaces them whole, by rename. */
import { isObject, textOr, type Json } from './json.ts'
import type { Call } from './calls.ts'
import { formatInstant, parseInstant, seconds, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'
import type { Step } from './step.ts'

const pretty = (value: unknown): string => JSON.stringify(value, null, 2)

export interface Assigned {
  readonly at: Micros
  readonly agentId: string
  readonly taskId: string
  readonly name: string
  readonly priority: string
  readonly estimatedHours: number
}

/** What Marcus handed out, from the agents' log (the only one that holds the whole task). */
export const assignmentsOf = (recording: Recording): readonly Assigned[] =>
  recording.files
    .filter((path) => /(^|\/)agent_events_[^/]*\.jsonl$/.test(path))
    .flatMap((path) => recording.lines(path))
    .flatMap((line) => {
      const data = isObject(line['data']) ? line['data'] : {}
      const task = isObject(data['task']) ? data['task'] : {}
      const at = parseInstant(line['timestamp'])
      if (line['event_type'] !== 'task_assignment' || at === undefined || typeof task['id'] !== 'string') return []
      const shown = { name: textOr(task['name'], ''), priority: textOr(task['priority'], 'medium') }
      const agentId = textOr(data['worker_id'], '')
      return [{ at, agentId, taskId: task['id'], ...shown, estimatedHours: Number(task['estimated_hours'] ?? 0) }]
    })

/** How long the watcher may have been late: it looked twice a second. */
const WATCHER_LATE = seconds(1)

export const assignmentFileSteps = (recording: Recording, start: Micros): readonly Step[] => {
  const assigned = assignmentsOf(recording)
  const truth = recording.lines('truth.ndjson')
  const path = 'data/assignments/assignments.json'
  if (!recording.has(path) && truth.length === 0) return []
  const left = truth.flatMap((line) => {
    const at = parseInstant(line['updated_at'])
    return line['what'] === 'board' && at !== undefined ? [{ at, taskId: line['task_id'] }] : []
  })
  let before: Json = {}
  const steps = truth.flatMap((line): Step[] => {
    const seen = parseInstant(line['ts'])
    const held = line['assignments']
    if (line['what'] !== 'assignments_file' || seen === undefined || !isObject(held)) return []
    const near = (at: Micros): boolean => at > seen - WATCHER_LATE && at <= seen
    const content = Object.entries(held).map(([agentId, taskId]) => {
      const one = assigned.findLast((item) => item.agentId === agentId && item.taskId === taskId && item.at <= seen)
      const data = {
        name: one?.name ?? '',
        priority: one?.priority ?? 'medium',
        estimated_hours: one?.estimatedHours ?? 0,
      }
      return [agentId, { task_id: taskId, assigned_at: formatInstant(one?.at ?? seen), task_data: data }] as const
    })
    const traces = [
      ...assigned.filter((item) => held[item.agentId] === item.taskId && before[item.agentId] !== item.taskId),
      ...left.filter((item) =>
        Object.entries(before).some(([agent, task]) => task === item.taskId && held[agent] !== task),
      ),
    ].flatMap(({ at }) => (near(at) ? [at] : []))
    before = held
    return [
      {
        at: Math.max(...(traces.length > 0 ? traces : [seen])),
        kind: 'replace',
        path,
        text: pretty(Object.fromEntries(content)),
      },
    ]
  })
  let latest = start
  const ordered = steps.map((step) => {
    latest = Math.max(latest, step.at)
    return { ...step, at: latest }
  })
  return [{ at: start, kind: 'replace', path, text: '{}' }, ...ordered]
}

/** Subtasks live only in this file; they move as agents get and finish them. */
export const subtaskSteps = (recording: Recording, calls: readonly Call[]): readonly Step[] => {
  const path = 'data/marcus_state/subtasks.json'
  const final = recording.json(path)
  const subtasks = isObject(final?.['subtasks']) ? final['subtasks'] : {}
  const changes = new Map<Micros, (state: Map<string, Json>) => void>()
  const at = (time: Micros, change: (state: Map<string, Json>) => void): void => {
    const other = changes.get(time)
    changes.set(time, (state) => (other?.(state), change(state)))
  }
  for (const [id, entry] of Object.entries(subtasks)) {
    const made = isObject(entry) ? parseInstant(entry['created_at']) : undefined
    if (isObject(entry) && made !== undefined) {
      at(made, (state) => state.set(id, { ...entry, status: 'todo', assigned_to: null }))
    }
  }
  const set = (id: string, change: Json) => (state: Map<string, Json>) => state.set(id, { ...state.get(id), ...change })
  for (const item of assignmentsOf(recording)) {
    if (item.taskId in subtasks) at(item.at, set(item.taskId, { status: 'in_progress', assigned_to: item.agentId }))
  }
  for (const call of calls) {
    const { task_id: id, progress, status } = call.arguments
    const finished = call.tool === 'report_task_progress' && (progress === 100 || status === 'completed')
    const accepted = isObject(call.answer) && call.answer['success'] === true
    if (finished && accepted && typeof id === 'string' && id in subtasks)
      at(call.answeredAt, set(id, { status: 'done' }))
  }
  const state = new Map<string, Json>()
  return [...changes]
    .toSorted(([a], [b]) => a - b)
    .map(([time, change]) => {
      change(state)
      return { at: time, kind: 'replace', path, text: pretty({ ...final, subtasks: Object.fromEntries(state) }) }
    })
}

const switches = (recording: Recording): { readonly at: Micros; readonly projectId: string }[] =>
  recording.files
    .filter((path) => /(^|\/)conversations_[^/]*\.jsonl$/.test(path))
    .flatMap((path) => recording.lines(path))
    .flatMap((line) => {
      const factors = isObject(line['decision_factors']) ? line['decision_factors'] : {}
      const at = parseInstant(line['timestamp'])
      const projectId = factors['new_project_id']
      return at !== undefined && typeof projectId === 'string' ? [{ at, projectId }] : []
    })

export const projectFileSteps = (recording: Recording, end: Micros): readonly Step[] => {
  const path = 'data/marcus_state/projects.json'
  const final = recording.json(path)
  if (final === undefined) return []
  const projects = Object.entries(final).flatMap(([id, entry]) => {
    const made = isObject(entry) && id !== 'active_project' ? parseInstant(entry['created_at']) : undefined
    return made === undefined ? [] : [{ id, entry: entry as Json, made }]
  })
  const chosen = switches(recording)
  const stored = Object.values(final).flatMap((entry) =>
    isObject(entry) ? (parseInstant(entry['_stored_at']) ?? []) : [],
  )
  const finalAt = stored.length > 0 ? Math.max(...stored) : end
  const times = [...projects.map(({ made }) => made), ...chosen.map(({ at }) => at)].filter((at) => at < finalAt)
  const steps = [...new Set(times)]
    .toSorted((a, b) => a - b)
    .map((at): Step => {
      const known = projects.filter(({ made }) => made <= at)
      const used = (id: string, made: Micros): string =>
        formatInstant(chosen.findLast((item) => item.projectId === id && item.at <= at)?.at ?? made)
      const entries = known.map(({ id, entry, made }) => [
        id,
        { ...entry, last_used: used(id, made), _stored_at: formatInstant(at) },
      ])
      const active = chosen.findLast((item) => item.at <= at && known.some(({ id }) => id === item.projectId))
      const tail =
        active === undefined ? {} : { active_project: { project_id: active.projectId, _stored_at: formatInstant(at) } }
      return { at, kind: 'replace', path, text: pretty({ ...Object.fromEntries(entries), ...tail }) }
    })
  return [...steps, { at: finalAt, kind: 'replace', path, text: recording.bytes(path).toString('utf8') }]
}

/** `project_history/<project>/decisions.json` and `artifacts.json`: rewritten with each new item. */
export const historySteps = (recording: Recording, start: Micros): readonly Step[] =>
  recording.files
    .filter((path) => /^data\/project_history\/[^/]+\/(decisions|artifacts)\.json$/.test(path))
    .flatMap((path) => {
      const final = recording.json(path)
      const list = path.endsWith('/decisions.json') ? 'decisions' : 'artifacts'
      const items = Array.isArray(final?.[list]) ? (final[list] as readonly unknown[]) : []
      let latest = start
      return items.map((item, index): Step => {
        latest = Math.max(latest, (isObject(item) ? parseInstant(item['timestamp']) : undefined) ?? latest)
        return { at: latest, kind: 'replace', path, text: pretty({ ...final, [list]: items.slice(0, index + 1) }) }
      })
    })
