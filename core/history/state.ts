/**
 * Event sourcing: what agents, tasks and projects were like, worked out from events alone. Every field keeps the time of the
 * event that set it and yields only to a later one, so the answer does not depend on the order events arrive in, and a
 * snapshot with the events stored after it gives the same state as all of them.
 */
import { timeToText } from '../model/index.ts'

export interface AgentState {
  name: string
  role: string
  status: 'active' | 'idle' | 'offline' | 'unknown'
  task: string | null
  registered: boolean
  completed: number
  /** ISO time of its last event. */
  lastSeen: string
}
export interface TaskState {
  name: string
  project: string | null
  status: 'todo' | 'in_progress' | 'blocked' | 'done'
  agent: string | null
  progress: number
  attempts: number
  recoveries: number
}
export interface ProjectState {
  name: string
  active: boolean
  tasks: number
  done: number
}

/** `at` compares as text. */
type Clocked = { [field: string]: { readonly at: string; readonly value: unknown } }
type Table = { [id: string]: Clocked }

export interface WorldState {
  readonly agents: Table
  readonly tasks: Table
  readonly projects: Table
}

export interface SourcedEvent {
  readonly id: string
  readonly type: string
  /** ISO, in UTC (`Z`), of 0, 3, 6 or 9 digits. */
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

export const emptyState = (): WorldState => ({ agents: {}, tasks: {}, projects: {} })

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** One length, so that text order is time order. */
const instantOf = (timestamp: string): string => {
  const [whole = '', fraction = ''] = timestamp.replace(/Z$/, '').split('.')
  return `${whole}.${fraction.padEnd(9, '0')}`
}

/** What makes something or sets it free goes before what is done with it at the same instant. */
const first = new Set([
  'agent.registered',
  'task.created',
  'task.unblocked',
  'task.recovered',
  'task.unassigned',
  'project.created',
])
/** Of two events of one instant their kinds decide, then the id, whichever comes first. */
const comparable = ({ timestamp, type, id }: SourcedEvent): string =>
  `${instantOf(timestamp)} ${first.has(type) ? 0 : 1} ${id}`

const entry = (table: Table, id: string): Clocked => {
  // An id may well be `__proto__`.
  if (!Object.hasOwn(table, id))
    Object.defineProperty(table, id, { value: {}, enumerable: true, writable: true, configurable: true })
  return table[id]!
}

const set = (fields: Clocked, at: string, values: Readonly<Record<string, unknown>>): void => {
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined) continue
    const before = fields[field]
    if (before === undefined || before.at <= at) fields[field] = { at, value }
  }
}

/** Counted by the ids of the events, so that one that comes again counts once. */
const count = (fields: Clocked, field: string, id: string, at: string): void => {
  const before = (fields[field]?.value as readonly string[] | undefined) ?? []
  if (!before.includes(id)) fields[field] = { at, value: [...before, id] }
}

type Apply = (state: WorldState, event: SourcedEvent, at: string) => void

const agentOf = (state: WorldState, { data }: SourcedEvent): Clocked | undefined =>
  text(data['agent_id']) === '' ? undefined : entry(state.agents, text(data['agent_id']))
const taskOf = (state: WorldState, { data }: SourcedEvent): Clocked => entry(state.tasks, text(data['task_id']))

const held = (state: WorldState, event: SourcedEvent, at: string, task: string | null): void => {
  const agent = agentOf(state, event)
  if (agent) set(agent, at, { task })
}

const task =
  (values: (event: SourcedEvent) => Readonly<Record<string, unknown>>, and?: Apply): Apply =>
  (state, event, at) => {
    set(taskOf(state, event), at, values(event))
    and?.(state, event, at)
  }

const applies: Readonly<Record<string, Apply>> = {
  'agent.registered': (state, event, at) => {
    const { data } = event
    const agent = agentOf(state, event)
    if (agent) set(agent, at, { name: data['name'], role: data['role'], registered: true, status: 'idle' })
  },
  'agent.deregistered': (state, event, at) => {
    const agent = agentOf(state, event)
    if (agent) set(agent, at, { registered: false, task: null })
  },
  'agent.status.changed': (state, event, at) => {
    const agent = agentOf(state, event)
    if (agent) set(agent, at, { status: event.data['new_status'] })
  },
  'task.created': task(({ data }) => ({
    name: data['task_name'],
    project: data['project_id'],
    status: data['status'] === 'done' ? 'done' : 'todo',
  })),
  'task.assigned': task(
    ({ data }) => ({
      name: data['task_name'],
      project: data['project_id'],
      status: 'in_progress',
      agent: data['agent_id'],
    }),
    (state, event, at) => {
      held(state, event, at, text(event.data['task_id']))
      count(taskOf(state, event), 'attempts', event.id, at)
    },
  ),
  'task.progress.updated': task(({ data }) => ({ progress: data['progress'] })),
  // Who is blocked is free to ask for other work.
  'task.blocked': task(
    () => ({ status: 'blocked' }),
    (state, event, at) => held(state, event, at, null),
  ),
  'task.unblocked': task(() => ({ status: 'todo', agent: null })),
  'task.completed': task(
    () => ({ status: 'done', progress: 100 }),
    (state, event, at) => {
      held(state, event, at, null)
      const agent = agentOf(state, event)
      if (agent) count(agent, 'completed', event.id, at)
    },
  ),
  'task.recovered': task(
    () => ({ status: 'todo', agent: null }),
    (state, event, at) => {
      held(state, event, at, null)
      count(taskOf(state, event), 'recoveries', event.id, at)
    },
  ),
  'task.unassigned': task(
    () => ({ status: 'todo', agent: null }),
    (state, event, at) => held(state, event, at, null),
  ),
  'project.created': (state, { data }, at) =>
    set(entry(state.projects, text(data['project_id'])), at, { name: data['project_name'] }),
  'project.switched': (state, { data }, at) => {
    set(entry(state.projects, text(data['project_id'])), at, { active: true })
    const old = text(data['old_project_id'])
    if (old !== '') set(entry(state.projects, old), at, { active: false })
  },
  'project.status.updated': (state, { data }, at) =>
    set(entry(state.projects, text(data['project_id'])), at, { tasks: data['total_tasks'], done: data['completed'] }),
}

const earlier = (rows: Table, end: string): Table =>
  Object.fromEntries(
    Object.entries(rows).flatMap(([id, fields]) => {
      const kept = Object.entries(fields).filter(([, { at }]) => at.slice(0, end.length) <= end)
      return kept.length === 0 ? [] : [[id, Object.fromEntries(kept)]]
    }),
  )

/** What was set up to a time (nanoseconds); what was overwritten since then is not known any more. */
export const withoutLater = ({ agents, tasks, projects }: WorldState, time: bigint): WorldState => {
  const end = instantOf(timeToText(time))
  return { agents: earlier(agents, end), tasks: earlier(tasks, end), projects: earlier(projects, end) }
}

/** Changes the state. */
export const applyEvent = (state: WorldState, event: SourcedEvent): void => {
  const at = comparable(event)
  const apply = Object.hasOwn(applies, event.type) ? applies[event.type] : undefined
  const needsTask = event.type.startsWith('task.')
  if (apply && (!needsTask || text(event.data['task_id']) !== '')) apply(state, event, at)
  const agent = agentOf(state, event)
  if (!agent) return
  set(agent, at, { lastSeen: event.timestamp })
  const name = text(event.data['agent_name'])
  if (name !== '') set(agent, at, { name })
}

const valueOf = <T>(fields: Clocked, field: string, otherwise: T): T =>
  Object.hasOwn(fields, field) ? (fields[field]!.value as T) : otherwise
const sizeOf = (fields: Clocked, field: string): number => valueOf<readonly string[]>(fields, field, []).length

const table = <T>(rows: Table, show: (id: string, fields: Clocked) => T): Record<string, T> =>
  Object.fromEntries(
    Object.keys(rows)
      .toSorted()
      .map((id) => [id, show(id, rows[id]!)]),
  )

/** Marcus's own planner uses tokens and decides things, but is no agent that anything is given to. */
const isAgent = (fields: Clocked): boolean =>
  ['registered', 'status', 'task'].some((field) => Object.hasOwn(fields, field))

const agentsOf = (rows: Table): Table =>
  Object.fromEntries(Object.entries(rows).filter(([, fields]) => isAgent(fields)))

export interface StateView {
  readonly agents: Readonly<Record<string, AgentState>>
  readonly tasks: Readonly<Record<string, TaskState>>
  readonly projects: Readonly<Record<string, ProjectState>>
  /** Events that would have told more were evicted. */
  readonly incomplete?: true
}

/** What an agent was given and nobody else was given since. */
const heldBy = (state: WorldState, agent: string, fields: Clocked): string | null => {
  const id = valueOf<string | null>(fields, 'task', null)
  if (id === null || !Object.hasOwn(state.tasks, id)) return id
  return valueOf<string | null>(state.tasks[id]!, 'agent', agent) === agent ? id : null
}

/** The state for people and programs, ids in order. */
export const viewState = (state: WorldState): StateView => ({
  agents: table(agentsOf(state.agents), (id, fields) => ({
    name: valueOf(fields, 'name', id),
    role: valueOf(fields, 'role', ''),
    status: valueOf(fields, 'status', 'unknown'),
    task: heldBy(state, id, fields),
    registered: valueOf(fields, 'registered', false),
    completed: sizeOf(fields, 'completed'),
    lastSeen: valueOf(fields, 'lastSeen', ''),
  })),
  tasks: table(state.tasks, (id, fields) => ({
    name: valueOf(fields, 'name', id),
    project: valueOf(fields, 'project', null),
    status: valueOf(fields, 'status', 'todo'),
    agent: valueOf(fields, 'agent', null),
    progress: valueOf(fields, 'progress', 0),
    attempts: sizeOf(fields, 'attempts'),
    recoveries: sizeOf(fields, 'recoveries'),
  })),
  projects: table(state.projects, (id, fields) => ({
    name: valueOf(fields, 'name', id),
    active: valueOf(fields, 'active', false),
    tasks: valueOf(fields, 'tasks', 0),
    done: valueOf(fields, 'done', 0),
  })),
})
