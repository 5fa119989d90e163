/** What `now` shows: Marcus, agents with what they do, open blockers, tasks, projects. Times in ms since the epoch. */
import { heldTask } from './domain/agents.ts'
import type { Domain } from './domain/domain.ts'
import { percentOf, projectCounts } from './domain/projects.ts'
import type { Agent, Task } from './domain/state.ts'
import { missingPlaces, withheld, type Places } from './discovery.ts'
import type { Inbox } from './inbox.ts'
import type { Micros } from './micros.ts'
import { NOT_THERE } from './sources/database.ts'

const COMPLETIONS_MAX = 1_000

const millis = (at: Micros): number => Math.floor(at / 1_000)
const optional = <T>(key: string, value: T | undefined): Record<string, T> =>
  value === undefined ? {} : { [key]: value }
const time = (key: string, at: Micros | undefined): Record<string, number> =>
  optional(key, at === undefined ? undefined : millis(at))

export type EndpointState = 'ok' | 'unreachable' | 'none'

const marcusNow = ({ world }: Domain, endpoint: EndpointState): unknown => {
  const boot = world.state.boots.get(String(world.single.boot))
  if (boot === undefined) return { state: 'unknown', endpoint }
  const state = boot.stoppedAt === undefined && world.single.unreachableSince === undefined ? 'up' : 'down'
  return { state, ...time('since', boot.stoppedAt ?? boot.at), ...optional('pid', boot.pid), endpoint }
}

const agentNow = ({ world }: Domain, agent: Agent): unknown => {
  const task = heldTask(world, agent)
  const held = task === undefined ? undefined : world.state.tasks.get(task)
  return {
    agent_id: agent.id,
    name: agent.name ?? agent.id,
    role: agent.role ?? '',
    status: agent.status ?? 'idle',
    ...optional('task_id', task),
    ...optional('task_name', held?.name),
    ...time('task_since', task === undefined ? undefined : agent.since),
    ...optional('progress', held?.progress),
    ...time('last_sign', agent.life),
    silent: agent.silent,
  }
}

const blockerNow = (task: Task): unknown => ({
  task_id: task.id,
  ...optional('task_name', task.name),
  ...optional('agent_id', task.blocker?.agent),
  ...optional('severity', task.blocker?.severity),
  ...optional('description', task.blocker?.description),
  since: millis(task.blockedAt ?? 0),
})

const taskNow = (task: Task): unknown => ({
  task_id: task.id,
  task_name: task.name ?? task.id,
  status: task.done ? 'done' : task.blocked ? 'blocked' : task.status,
  ...optional('agent_id', task.holder),
  ...optional('progress', task.progress),
  ...optional('project_id', task.project),
  ...optional('parent_id', task.parent),
})

const projectsNow = ({ world }: Domain): unknown[] =>
  [...world.state.projects.values()].map((project) => {
    const counts = projectCounts(world, project.id)
    const completions = [...world.state.tasks.values()]
      .filter((task) => task.card && task.project === project.id && task.done && task.doneAt !== undefined)
      .map(({ doneAt = 0 }) => millis(doneAt))
    return {
      project_id: project.id,
      ...optional('project_name', project.name),
      active: project.id === world.single.activeProject,
      total: counts.total,
      completed: counts.done,
      in_progress: counts.active,
      blocked: counts.blocked,
      progress: percentOf(counts),
      completions: completions.toSorted((a, b) => a - b).slice(-COMPLETIONS_MAX),
    }
  })

export const inspectNow = (domain: Domain, now: Micros, endpoint: EndpointState): unknown => {
  const { agents, tasks } = domain.world.state
  const known = [...tasks.values()].filter(({ announced, assignedAt }) => announced || assignedAt !== undefined)
  const present = [...agents.values()].filter(
    ({ registered, task, registeredAt }) => registered || task !== undefined || registeredAt !== undefined,
  )
  return {
    at: millis(now),
    marcus: marcusNow(domain, endpoint),
    agents: present.map((agent) => agentNow(domain, agent)),
    blockers: known.filter(({ blocked }) => blocked).map(blockerNow),
    tasks: known.map(taskNow),
    projects: projectsNow(domain),
  }
}

export interface StatusParts {
  readonly places: Places | undefined
  readonly inbox: Inbox
  readonly events: number
  readonly endpoint: Readonly<Record<string, unknown>> | undefined
}

/** In one line, for people. */
const mcpNow = (places: Places | undefined, endpoint: Readonly<Record<string, unknown>> | undefined): string => {
  if (endpoint !== undefined) return `${String(endpoint['endpoint'])} is ${String(endpoint['state'])}`
  return `not asked: ${places?.endpointReason ?? 'no Marcus found'}. Untold without it: ${withheld.join('; ')}`
}

/** Sources that cannot be read as they should, in one line; one that is not there yet is none of them. */
const troubleOf = ({ counters }: Inbox): string =>
  [...counters]
    .flatMap(([source, { trouble }]) =>
      trouble === undefined || trouble === NOT_THERE ? [] : [`${source}: ${trouble}`],
    )
    .join('; ')

/** What was found and read, what was not understood, and what cannot be known without the endpoint. */
export const inspectStatus = ({ places, inbox, events, endpoint }: StatusParts): unknown => ({
  found: places?.found ?? null,
  mcp: mcpNow(places, endpoint),
  ...(troubleOf(inbox) === '' ? {} : { trouble: troubleOf(inbox) }),
  places: places === undefined ? null : { logs: places.logs, data: places.data, home: places.home ?? null },
  missing: places === undefined ? [] : missingPlaces(places),
  endpoint: endpoint ?? { endpoint: null, reason: places?.endpointReason ?? 'no Marcus found', withheld },
  sources: Object.fromEntries(inbox.counters),
  events,
  waiting: inbox.queue.size,
  live: inbox.time.live,
  problems: inbox.problems,
})
