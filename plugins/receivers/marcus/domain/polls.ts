/**
 * What the endpoint says when asked. Files and databases tell more, and sooner; a poll adds what only it can know (who
 * has left the list) and stands in for files that cannot be read. A poll that contradicts the board is no event.
 */
import { asValue } from 'seneca-collector'
import { secondsBetween } from '../micros.ts'
import type { Observation, Polled } from '../observation.ts'
import { sayRegistration, setStatus } from './agents.ts'
import type { Agent } from './state.ts'
import { deregister } from './system.ts'
import type { World } from './world.ts'

type Seen<K> = Observation & { readonly kind: K }

const filesTell = (world: World): boolean => world.single.lastTrace > 0

/** The share of its time here that an agent held a task. */
const utilizationOf = (agent: Agent, at: number): number | undefined => {
  if (agent.registeredAt === undefined || at <= agent.registeredAt) return undefined
  const busy = agent.busy + (agent.since === undefined ? 0 : Math.max(0, at - agent.since))
  return Math.round(Math.min(1, busy / (at - agent.registeredAt)) * 1_000) / 1_000
}

const sayUpdated = (world: World, polled: Polled, at: number): void => {
  const agent = world.agent(polled.id)
  const task = polled.tasks[0] ?? null
  const said = `${polled.status}|${task ?? ''}`
  if (agent.polled === said) return
  agent.polled = said
  world.state.agents.touch(polled.id)
  const utilization = utilizationOf(agent, at)
  world.say('agent.status.updated', {
    at,
    key: [polled.id, polled.status, task ?? ''],
    data: {
      agent_id: polled.id,
      status: polled.status,
      current_task: task,
      utilization: utilization ?? 0,
      utilization_known: utilization !== undefined,
      task_name: task === null ? undefined : world.state.tasks.get(task)?.name,
    },
    source: 'mcp',
    observed: true,
  })
}

const standIn = (world: World, polled: Polled, observation: Observation): void => {
  const { id, name, role, skills, status } = polled
  const agent = world.agent(id)
  if (!agent.registered) {
    const { at, source, ref } = observation
    sayRegistration(world, { kind: 'registration', agent: id, name, role, skills, at, source, ref })
  }
  setStatus(world, id, status === 'working' ? 'active' : 'idle', observation.at, [observation.ref])
}

export const onAgentsPolled = (world: World, seen: Seen<'agents_polled'>): void => {
  const { agents, at } = seen
  const before = world.single.polledAgents ?? []
  const lastAt = typeof world.single['polledAt'] === 'number' ? world.single['polledAt'] : at
  for (const polled of agents) {
    const agent = world.agent(polled.id)
    agent.name ??= polled.name
    agent.role ??= polled.role
    agent.skills ??= polled.skills
    if (!filesTell(world)) standIn(world, polled, seen)
    sayUpdated(world, polled, at)
  }
  const left = before.filter(({ id }) => agents.every((agent) => agent.id !== id))
  // Right after a restart the list is empty for everybody: that is told when the grace is over.
  if (!world.state.pending.has('restart')) for (const { id } of left) deregister(world, id, 'left_list', at, lastAt)
  world.single.polledAgents = agents
  world.single['polledAt'] = at
  world.touchSingle()
}

export const onProjectPolled = (world: World, seen: Seen<'project_polled'>): void => {
  const { id, name, total, completed, active, blocked, percent, at } = seen
  if (world.single['board'] === true || total === 0) return
  const project = world.state.projects.get(id)
  const told = [total, completed, active, blocked].join()
  if (project?.told === told) return
  const row = project ?? { id, announced: false, milestones: [], completed: false, agents: [] }
  world.state.projects.set(id, { ...row, name, told })
  world.say('project.status.updated', {
    at,
    key: [id, String(total), String(completed), String(active), String(blocked)],
    data: {
      project_id: id,
      progress: percent,
      health_score: null,
      health_known: false,
      active_tasks: active,
      total_tasks: total,
      completed,
      blocked,
    },
    source: 'mcp',
    observed: true,
  })
}

export const onMeasured = (world: World, { values, at }: Seen<'measured'>): void => {
  for (const { name, value, unit } of values) {
    const key = `measured ${name}`
    if (world.state.seen.get(key) === value) continue
    world.state.seen.set(key, value)
    const lastAt = world.single[`${key} at`]
    const window = typeof lastAt === 'number' ? secondsBetween(lastAt, at) : 0
    world.single[`${key} at`] = at
    world.touchSingle()
    const data = { name, value, unit, window_seconds: window }
    world.say('system.performance.updated', { at, key: [name], data, source: 'mcp', observed: true })
  }
}

export const onToolResult = (world: World, { tool, result, at }: Seen<'tool_result'>): void => {
  const key = `result ${tool}`
  const text = JSON.stringify(result)
  if (world.single[key] === text) return
  world.single[key] = text.length > 100_000 ? undefined : text
  world.touchSingle()
  world.say('marcus.tool.result', {
    at,
    key: [tool],
    data: { tool, result: asValue(result) },
    source: 'mcp',
    observed: true,
  })
}
