/**
 * What the rules work with: the state, the settings, time, and the one way to say that something happened. Ids come from
 * natural keys and counts kept in the state; every event is given what makes it readable alone.
 */
import { event, eventId, eventType, rootTaskOf, traceIdOf, type Severity } from 'seneca-collector/events'
import type { LogInit, Value } from 'seneca-collector'
import { isoOf, nanosOf, type Micros } from '../micros.ts'
import type { SourceName } from '../observation.ts'
import { singleOf, type Agent, type Pending, type Singles, type State, type Task } from './state.ts'

export interface Settings {
  readonly instance: string
  /** How long a report waits for its answer and a trace for its better one, in source time. */
  readonly settle: Micros
  /** The same for answers that take a model or a test run: completions and blockers. */
  readonly slowAnswer: Micros
  readonly silence: Micros
  /** Silence is this many median gaps, where that is longer. */
  readonly silenceFactor: number
  /** After a restart agents get so long to come back. */
  readonly restartGrace: Micros
  readonly includeContent: boolean
}

export interface Said {
  readonly at: Micros
  readonly key: readonly string[]
  readonly data: Readonly<Record<string, Value | undefined>>
  readonly source?: SourceName | 'derived'
  readonly severity?: Severity
  readonly derived?: boolean
  readonly evidence?: readonly string[]
  readonly range?: readonly [after: Micros, before: Micros]
  readonly observed?: boolean
  /** Whose name and role belong to it, where `data` does not name them. */
  readonly project?: string | undefined
}

export interface World {
  readonly state: State
  readonly settings: Settings
  readonly single: Singles
  /** Marks `single` as changed. */
  touchSingle(): void
  say(type: string, said: Said): string
  agent(id: string): Agent
  task(id: string): Task
  wait(key: string, pending: Pending): void
  unwait(key: string): void
  /** Takes back counts of a project that lie between two instants and were not handed on yet: they cannot be known. */
  retractCounts(project: string, after: Micros, before: Micros): void
  take(): LogInit[]
}

const envelopeSource = (source: SourceName | 'derived' | undefined): string => {
  switch (source) {
    case 'marcus_db':
    case 'kanban':
    case 'costs':
      return 'marcus_database'
    case 'assignments':
    case 'projects':
    case 'subtasks':
    case 'project_history':
    case 'services':
      return 'marcus_state'
    case 'mcp':
      return 'marcus_mcp'
    default:
      return 'marcus_logs'
  }
}

const newAgent = (id: string): Agent => ({ id, registered: false, gaps: [], away: 0, silent: false, busy: 0 })

/** Marcus names subtasks after their parent, so it is known before their list has been read. */
const newTask = (id: string): Task => ({
  id,
  ...(rootTaskOf(id) === id ? {} : { parent: rootTaskOf(id) }),
  card: false,
  status: 'todo',
  done: false,
  blocked: false,
  recoveries: 0,
  announced: false,
})

const textOf = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** Task name, agent name and role, project: what a reader would otherwise have to look up. */
const contextOf = (state: State, type: string, said: Said): Record<string, Value | undefined> => {
  const { data } = said
  const agentId = textOf(data['agent_id'])
  const taskId = textOf(data['task_id'])
  const agent = agentId === undefined ? undefined : state.agents.get(agentId)
  const task = taskId === undefined ? undefined : state.tasks.get(taskId)
  const parent = task?.parent === undefined ? undefined : state.tasks.get(task.parent)
  const project = textOf(data['project_id']) ?? said.project ?? task?.project ?? parent?.project ?? agent?.project
  const wanted = eventType(type)?.category
  return {
    agent_name: type === 'agent.registered' ? undefined : agent?.name,
    agent_role: type === 'agent.registered' ? undefined : agent?.role,
    task_name: task?.name,
    parent_id: task?.parent,
    project_id: wanted === 'system' && said.project === undefined ? undefined : project,
    project_name: wanted === 'system' && said.project === undefined ? undefined : nameOf(state, project),
    ...data,
  }
}

const nameOf = (state: State, project: string | undefined): string | undefined =>
  project === undefined ? undefined : state.projects.get(project)?.name

const COUNTS = 'project.status.updated'
const COUNTED = ['total_tasks', 'completed', 'active_tasks', 'blocked']

export const createWorld = (state: State, settings: Settings): World => {
  const said: LogInit[] = []
  const single = singleOf(state)

  const say = (type: string, init: Said): string => {
    const counted = [type, ...init.key].join('\u001f')
    const occurrence = state.counts.get(counted) ?? 0
    state.counts.set(counted, occurrence + 1)
    const id = eventId(settings.instance, type, init.key, occurrence)
    const data = contextOf(state, type, init)
    const taskId = textOf(init.data['task_id'])
    said.push(
      event({
        type,
        id,
        source: envelopeSource(init.source),
        time: nanosOf(init.at),
        data,
        ...(init.severity === undefined ? {} : { severity: init.severity }),
        ...(init.derived === undefined ? {} : { derived: init.derived }),
        ...(init.evidence === undefined ? {} : { evidence: init.evidence }),
        ...(init.range === undefined ? {} : { timeRange: [isoOf(init.range[0]), isoOf(init.range[1])] as const }),
        ...(init.observed === true ? { timeIsObserved: true } : {}),
        ...(taskId === undefined ? {} : { traceId: traceIdOf(rootTaskOf(taskId, state.tasks.get(taskId)?.parent)) }),
      }),
    )
    return id
  }

  return {
    state,
    settings,
    single,
    touchSingle: () => state.single.touch('all'),
    say,
    agent: (id) => state.agents.get(id) ?? state.agents.set(id, newAgent(id)),
    task: (id) => state.tasks.get(id) ?? state.tasks.set(id, newTask(id)),
    wait: (key, pending) => void state.pending.set(key, pending),
    unwait: (key) => state.pending.delete(key),
    retractCounts: (project, after, before) => {
      const [from, to] = [nanosOf(after), nanosOf(before)]
      const isUnknown = ({ eventName, time = 0n, attributes = {} }: LogInit): boolean =>
        eventName === COUNTS && attributes['marcus.project.id'] === project && time > from && time < to
      for (const { attributes = {} } of said.filter(isUnknown)) {
        const values = COUNTED.map((name) => String(attributes[`marcus.${name}`] as number))
        const key = [COUNTS, project, ...values].join('\u001f')
        state.counts.set(key, Math.max(0, (state.counts.get(key) ?? 1) - 1))
      }
      const known = said.filter((init) => !isUnknown(init))
      said.splice(0, said.length, ...known)
    },
    take: () => said.splice(0),
  }
}
