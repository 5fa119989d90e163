/** Agents: registrations, signs of life, what they hold, their status, silence and return. */
import { diffList } from 'seneca-collector/events'
import { isoOf, SECOND, secondsBetween, type Micros } from '../micros.ts'
import type { Observation } from '../observation.ts'
import { attach } from './allocation.ts'
import { reconcile } from './reconcile.ts'
import type { Agent, AgentStatus } from './state.ts'
import type { World } from './world.ts'

const GAPS_KEPT = 20
/** Refusals of an agent that are remembered, to tell late answers from new ones. */
const FACTS_KEPT = 16
/** What lies closer together is one act. */
const GAP_LEAST = 1

/** Registering can stall between the first and the last trace. */
const REGISTRATION_TOLERANCE = 30 * SECOND
const REQUEST_TOLERANCE = 8 * SECOND

export const medianOf = (values: readonly number[]): number | undefined => {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const setStatus = (
  world: World,
  id: string,
  status: AgentStatus,
  at: Micros,
  evidence: readonly string[] = [],
): void => {
  const agent = world.agent(id)
  const before = agent.status
  if (before === status) return
  agent.status = status
  world.state.agents.touch(id)
  if (before === undefined) return
  world.say('agent.status.changed', {
    at,
    key: [id, before, status],
    data: { agent_id: id, old_status: before, new_status: status, transition_time: isoOf(at) },
    derived: true,
    evidence,
  })
}

/** What it holds that is not finished. */
export const heldTask = (world: World, agent: Agent): string | undefined =>
  agent.task !== undefined && world.state.tasks.get(agent.task)?.done !== true ? agent.task : undefined

/** A sign of life. Acts close together are one; older signs than the last tell nothing. */
export const live = (world: World, id: string, at: Micros, ref: string): void => {
  const agent = world.agent(id)
  const before = agent.life
  if (before !== undefined && at <= before) return
  const was = agent.silent
  if (before !== undefined && !was) {
    const gap = secondsBetween(before + agent.away, at)
    if (gap >= GAP_LEAST) agent.gaps = [...agent.gaps.slice(1 - GAPS_KEPT), gap]
  }
  agent.life = at
  agent.away = 0
  agent.silent = false
  world.state.agents.touch(id)
  if (was && before !== undefined) {
    const data = { agent_id: id, silent_seconds: secondsBetween(before, at) }
    world.say('agent.resumed', { at, key: [id], data, derived: true, evidence: [ref] })
  }
  if (agent.status === 'offline') setStatus(world, id, agent.task === undefined ? 'idle' : 'active', at, [ref])
}

export const take = (world: World, id: string, task: string, at: Micros): void => {
  const agent = world.agent(id)
  if (agent.task !== undefined && agent.task !== task) letGo(world, id, agent.task, at)
  agent.task = task
  agent.since = at
  world.state.agents.touch(id)
}

/** It holds the task no longer; true when it did. Its status is the caller's. */
export const letGo = (world: World, id: string, task: string, at: Micros): boolean => {
  const key = `${id}|${task}`
  const assignment = world.state.assignments.get(key)
  if (assignment !== undefined && assignment.releasedAt === undefined) {
    assignment.releasedAt = at
    world.state.assignments.touch(key)
  }
  const agent = world.agent(id)
  if (agent.task !== task) return false
  agent.busy += Math.max(0, at - (agent.since ?? at))
  delete agent.task
  delete agent.since
  world.state.agents.touch(id)
  return true
}

const skillsChanged = (world: World, agent: Agent, skills: readonly string[], observation: Observation): void => {
  if (agent.skills !== undefined) {
    const { added, removed } = diffList(agent.skills, skills)
    if (added.length + removed.length > 0) {
      const data = { agent_id: agent.id, added, removed }
      world.say('agent.skills.updated', {
        at: observation.at,
        key: [agent.id],
        data,
        derived: true,
        source: observation.source,
      })
    }
  }
  agent.skills = skills
}

type Registration = Observation & { readonly kind: 'registration' }

export const sayRegistration = (world: World, observation: Registration): void => {
  const { agent: id, name, role, skills, at, source, ref } = observation
  const agent = world.agent(id)
  const renamed = agent.name !== undefined && agent.name !== name && agent.registeredAt !== undefined
  agent.name = name
  agent.role = role
  const project = observation.project ?? agent.project
  const data = { agent_id: id, name, role, skills, project_id: project, renamed: renamed ? true : undefined }
  world.say('agent.registered', { at, key: [id], data, source })
  skillsChanged(world, agent, skills, observation)
  agent.registered = true
  agent.registeredAt = at
  world.state.agents.touch(id)
  live(world, id, at, ref)
  // Marcus makes a new record: "available", though the task may still be held (facts, quirk 6).
  setStatus(world, id, 'idle', at, [ref])
  if (project !== undefined) attach(world, id, project, at, observation.source)
}

export const onRegistration = (world: World, observation: Registration): void => {
  if (observation.source === 'conversations') {
    // Written before Marcus has decided, so it settles nothing; but only here stands the project.
    if (observation.project === undefined) return
    const agent = world.agent(observation.agent)
    if (agent.registered) attach(world, observation.agent, observation.project, observation.at, 'conversations')
    else agent.project = observation.project
    world.state.agents.touch(observation.agent)
    return
  }
  const canon = { source: 'realtime', tolerance: REGISTRATION_TOLERANCE } as const
  if (reconcile(world, `registration ${observation.agent}`, observation, canon) === 'say')
    sayRegistration(world, observation)
}

type Request = Observation & { readonly kind: 'request' }

export const sayRequest = (world: World, { agent, at, source }: Request): void => {
  world.say('agent.work.requested', { at, key: [agent], data: { agent_id: agent }, source })
}

export const onRequest = (world: World, observation: Request): void => {
  live(world, observation.agent, observation.at, observation.ref)
  const canon = { source: 'realtime', tolerance: REQUEST_TOLERANCE } as const
  if (reconcile(world, `request ${observation.agent}`, observation, canon) === 'say') sayRequest(world, observation)
}

type NoTask = Observation & { readonly kind: 'no_task' | 'no_task_answer' }

const sayNoTask = (world: World, { agent, reason, retry, at, source }: NoTask): void => {
  const data = { agent_id: agent, reason, retry_after_seconds: retry }
  world.say('agent.work.refused', { at, key: [agent], data, source })
}

const ANSWER_TOLERANCE = 20 * SECOND

/** The message comes first, the tool's own answer with the better reason right after it; each may be read late. */
export const onNoTask = (world: World, observation: NoTask): void => {
  const { agent, kind, at } = observation
  const key = `no_task ${agent}`
  const facts = world.state.facts.get(key) ?? []
  const known = facts.find((fact) => !fact.traces.includes(kind) && Math.abs(fact.at - at) <= ANSWER_TOLERANCE)
  if (known === undefined) {
    const isAnswer = kind === 'no_task_answer'
    world.state.facts.set(key, [...facts.slice(1 - FACTS_KEPT), { at, traces: [kind], said: isAnswer }])
    if (isAnswer) sayNoTask(world, observation)
    else world.wait(`${key} ${at}`, { due: at + world.settings.settle, what: 'no_task', observation })
    return
  }
  known.traces.push(kind)
  world.state.facts.touch(key)
  const waiting = world.state.pending.get(`${key} ${known.at}`)?.observation as NoTask | undefined
  if (known.said || waiting === undefined) return
  known.said = true
  world.unwait(`${key} ${known.at}`)
  const retry = observation.retry ?? waiting.retry
  sayNoTask(world, { ...observation, at: known.at, ...(retry === undefined ? {} : { retry }) })
}

export const onNoTaskDue = (world: World, observation: Observation): void => {
  const noTask = observation as NoTask
  const fact = world.state.facts.get(`no_task ${noTask.agent}`)?.find(({ at }) => at === noTask.at)
  if (fact !== undefined) fact.said = true
  world.state.facts.touch(`no_task ${noTask.agent}`)
  sayNoTask(world, noTask)
}

/** When the agent will have been silent for too long; undefined when nothing is expected of it. */
export const silenceDue = (world: World, agent: Agent): Micros | undefined => {
  if (agent.silent || agent.life === undefined || heldTask(world, agent) === undefined) return undefined
  const median = medianOf(agent.gaps)
  const longest = Math.max(world.settings.silence, (median ?? 0) * world.settings.silenceFactor * SECOND)
  return Math.max(agent.life, agent.since ?? 0) + longest + agent.away
}

export const fallSilent = (world: World, agent: Agent, at: Micros, by: 'threshold' | 'lease', task: string): void => {
  agent.silent = true
  world.state.agents.touch(agent.id)
  const median = medianOf(agent.gaps)
  world.say('agent.silent', {
    at,
    key: [agent.id, task],
    data: {
      agent_id: agent.id,
      task_id: task,
      silent_seconds: secondsBetween((agent.life ?? at) + agent.away, at),
      expected_gap_seconds: median === undefined ? null : Math.round(median * 1_000) / 1_000,
      by,
    },
    derived: true,
  })
  setStatus(world, agent.id, 'offline', at)
}
