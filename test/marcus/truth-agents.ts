/**
 * The agents' part of the truth: who came, asked, got, reported, was refused, fell silent and came back, from the calls
 * they made and the answers they got. Nobody but an agent itself gives a sign of its life.
 */
import type { Call } from '../../core/replay/calls.ts'
import { seconds, type Json, type Micros } from '../../core/replay/index.ts'
import type { Expectation } from './expectation.ts'
import { around, isObject, SLACK, succeeded, textOf as text, type Day } from './day.ts'
import { finishes, type Board } from './truth-board.ts'

interface Agent {
  readonly id: string
  status: 'idle' | 'active' | 'offline'
  holds: string | undefined
  /** What it holds is done (100 % reported as in progress): silence then means nothing, or the same as before. */
  idleHands: boolean
  /** The last sign of life, as a window. */
  sign: { from: Micros; to: Micros }
  silent: boolean
}

/** Tools whose calls leave a trace with the agent's own id. */
const SIGNS = new Set(['register_agent', 'request_next_task', 'report_task_progress', 'report_blocker', 'log_decision'])

interface Course {
  readonly day: Day
  readonly silence: Micros
  /** The skills each agent registered with last. */
  readonly skills: Map<string, readonly string[]>
  readonly out: Expectation[]
  readonly agents: Map<string, Agent>
  /** Who is registered for which project, sorted. */
  readonly projects: Map<string, readonly string[]>
  /** Tasks that exist, with who said they are finished. */
  readonly known: ReadonlySet<string>
}

const say = (
  course: Course,
  type: string,
  window: { from: Micros; to: Micros },
  data: Json,
  optional = false,
): void => {
  course.out.push({ type, from: window.from, to: window.to, data, ...(optional ? { optional } : {}) })
}

const turn = (
  course: Course,
  agent: Agent,
  to: Agent['status'],
  window: { from: Micros; to: Micros },
  optional = false,
): void => {
  if (agent.status === to) return
  const data = { agent_id: agent.id, old_status: agent.status, new_status: to }
  say(course, 'agent.status.changed', window, data, optional)
  agent.status = to
}

/** The instant (as a window) at which an agent that holds a task had been silent for too long; Marcus's absences do not count. */
const silentSince = (course: Course, agent: Agent): { from: Micros; to: Micros } => {
  let due = { from: agent.sign.from + course.silence, to: agent.sign.to + course.silence }
  for (const [index, boot] of course.day.boots.entries()) {
    const next = course.day.boots[index + 1]
    const back = next?.upAt ?? Infinity
    if (boot.downAt < due.to && boot.downAt >= agent.sign.to) {
      const away = back - boot.downAt
      due = { from: due.from + away - seconds(45), to: due.to + away + seconds(45) }
    }
  }
  return due
}

/** Lets silences fall due that lie before `until`. */
const passTime = (course: Course, until: Micros): void => {
  for (const agent of course.agents.values()) {
    if (agent.holds === undefined || agent.silent) continue
    const due = silentSince(course, agent)
    if (due.to >= until || due.to === Infinity) continue
    agent.silent = true
    const optional = agent.idleHands
    say(course, 'agent.silent', due, { agent_id: agent.id, task_id: agent.holds, by: 'threshold' }, optional)
    turn(course, agent, 'offline', { from: due.from, to: due.to + seconds(60) }, optional)
  }
}

const wake = (course: Course, agent: Agent, call: Call): void => {
  if (agent.silent) say(course, 'agent.resumed', around(call), { agent_id: agent.id })
  agent.silent = false
  agent.sign = around(call)
}

const register = (course: Course, call: Call): void => {
  const id = text(call.arguments['agent_id'])
  const { name, role, skills } = call.arguments
  say(course, 'agent.registered', around(call), { agent_id: id, name, role, skills })
  learn(course, id, Array.isArray(skills) ? skills.map(text) : [], around(call))
  allocate(course, id, text(call.arguments['project_id']), around(call))
  const before = course.agents.get(id)
  if (before !== undefined) {
    // Marcus replaces its record: the agent is "available", whatever it still holds.
    wake(course, before, call)
    turn(course, before, 'idle', around(call))
    return
  }
  say(course, 'agent.status.changed', around(call), { agent_id: id, new_status: 'idle' }, true)
  course.agents.set(id, { id, status: 'idle', holds: undefined, idleHands: false, sign: around(call), silent: false })
}

const learn = (
  course: Course,
  agentId: string,
  skills: readonly string[],
  window: { from: Micros; to: Micros },
): void => {
  const before = course.skills.get(agentId)
  course.skills.set(agentId, skills)
  const added = skills.filter((skill) => before?.includes(skill) === false)
  const removed = before?.filter((skill) => !skills.includes(skill)) ?? []
  if (added.length + removed.length > 0)
    say(course, 'agent.skills.updated', window, { agent_id: agentId, added, removed })
}

/** The agent works for this project from now on, and for no other. */
const allocate = (
  course: Course,
  agentId: string,
  projectId: string | undefined,
  window: { from: Micros; to: Micros },
): void => {
  for (const [id, before] of course.projects) {
    const agents = before.filter((one) => one !== agentId)
    if (id === projectId || agents.length === before.length) continue
    course.projects.set(id, agents)
    say(course, 'project.allocation.changed', window, { project_id: id, agents, old_agents: before })
  }
  if (projectId === undefined || projectId === '') return
  const before = course.projects.get(projectId) ?? []
  if (before.includes(agentId)) return
  const agents = [...before, agentId].toSorted()
  course.projects.set(projectId, agents)
  say(course, 'project.allocation.changed', window, { project_id: projectId, agents, old_agents: before })
}

const request = (course: Course, agent: Agent, call: Call): void => {
  say(course, 'agent.work.requested', around(call), { agent_id: agent.id })
  const answer = isObject(call.answer) ? call.answer : {}
  const task = isObject(answer['task']) ? answer['task'] : undefined
  if (answer['success'] === true && task !== undefined) {
    agent.holds = text(task['id'])
    agent.idleHands = false
    say(course, 'task.assigned', around(call), { task_id: agent.holds, agent_id: agent.id, task_name: task['name'] })
    turn(course, agent, 'active', around(call))
  } else if (answer['success'] === false) {
    say(course, 'agent.work.refused', around(call), { agent_id: agent.id }, answer['retry_after_seconds'] === undefined)
  }
}

const report = (course: Course, agent: Agent, call: Call): void => {
  const { task_id: taskId, progress, status } = call.arguments
  const answer = isObject(call.answer) ? call.answer : {}
  const data = { task_id: taskId, agent_id: agent.id }
  if (!succeeded(call)) {
    const type = finishes(call) ? 'task.completion.refused' : 'task.progress.refused'
    const reason = typeof answer['status'] === 'string' ? { reason: answer['status'] } : {}
    say(course, type, around(call), { ...data, ...reason })
  } else if (!course.known.has(text(taskId))) {
    say(course, 'task.progress.refused', around(call), { ...data, reason: 'unknown_task' })
  } else {
    say(course, 'task.progress.updated', around(call), { ...data, progress, status })
    if (progress === 100 && status !== 'completed') agent.idleHands = true
    if (status === 'completed') release(course, agent, text(taskId), call)
  }
}

const release = (course: Course, agent: Agent, taskId: string, call: Call): void => {
  if (agent.holds === taskId) agent.holds = undefined
  if (agent.holds === undefined) turn(course, agent, 'idle', around(call))
}

const act = (course: Course, call: Call): void => {
  if (call.result === undefined) return
  if (call.tool === 'register_agent' && succeeded(call)) return register(course, call)
  if (!SIGNS.has(call.tool)) {
    if (call.tool === 'unassign_task' && succeeded(call)) unassign(course, call)
    return
  }
  const id = text(call.arguments['agent_id'])
  const agent = course.agents.get(id) ?? {
    id,
    status: 'idle',
    holds: undefined,
    idleHands: false,
    sign: around(call),
    silent: false,
  }
  course.agents.set(id, agent)
  wake(course, agent, call)
  if (agent.status === 'offline') turn(course, agent, agent.holds === undefined ? 'idle' : 'active', around(call))
  if (call.tool === 'request_next_task') request(course, agent, call)
  else if (call.tool === 'report_task_progress') report(course, agent, call)
  else if (call.tool === 'report_blocker' && succeeded(call)) {
    const { task_id: taskId, severity = 'medium', blocker_description: description } = call.arguments
    say(course, 'task.blocked', around(call), { task_id: taskId, agent_id: id, severity, description })
    release(course, agent, text(taskId), call)
  }
}

const unassign = (course: Course, call: Call): void => {
  const taskId = text(call.arguments['task_id'])
  const agent = [...course.agents.values()].find(({ holds }) => holds === taskId)
  say(course, 'task.unassigned', around(call), { task_id: taskId })
  if (agent !== undefined) release(course, agent, taskId, call)
}

/** A card that went from somebody's hands back to todo, and nobody had it unassigned: Marcus took it back. */
const recoveries = (day: Day, board: Board): { at: Micros; seen: Micros; taskId: string; agentId: string }[] =>
  board.changes.flatMap(({ at, seen, taskId, status, wasStatus, wasAssignedTo }) => {
    if (status !== 'todo' || wasStatus !== 'in_progress' || wasAssignedTo === null) return []
    const byHand = day.calls.some(
      (call) =>
        call.tool === 'unassign_task' &&
        call.arguments['task_id'] === taskId &&
        Math.abs(call.sentAt - at) < seconds(5),
    )
    return byHand ? [] : [{ at, seen, taskId, agentId: wasAssignedTo }]
  })

const recover = (course: Course, { at, seen, taskId, agentId }: ReturnType<typeof recoveries>[number]): void => {
  const agent = course.agents.get(agentId)
  const window = { from: at - seconds(1), to: seen + SLACK }
  if (agent !== undefined && agent.holds === taskId) {
    if (!agent.silent) {
      say(course, 'agent.silent', window, { agent_id: agentId, task_id: taskId, by: 'lease' })
      turn(course, agent, 'offline', { from: window.from, to: window.to + seconds(60) })
    }
    agent.silent = true
    agent.holds = undefined
  }
  say(course, 'task.recovered', window, { task_id: taskId, agent_id: agentId })
}

/** After a restart: whoever had registered before and had not two minutes after Marcus was back is gone. */
const restart = (course: Course, upAt: Micros): void => {
  const registered = course.day.calls.filter((call) => call.tool === 'register_agent' && succeeded(call))
  const before = new Set(
    registered.filter((call) => call.sentAt < upAt).map((call) => text(call.arguments['agent_id'])),
  )
  const after = registered.filter((call) => call.sentAt >= upAt && call.sentAt < upAt + seconds(120))
  const back = new Set(after.map((call) => text(call.arguments['agent_id'])))
  for (const id of before) {
    const agent = course.agents.get(id)
    if (back.has(id) || agent === undefined) continue
    const window = { from: upAt - SLACK, to: upAt + seconds(180) }
    say(course, 'agent.deregistered', window, { agent_id: id, reason: 'restart' })
    allocate(course, id, undefined, window)
    say(course, 'agent.status.changed', window, { agent_id: id, new_status: 'offline' }, true)
  }
}

export const agentExpectations = (day: Day, board: Board, silenceSeconds: number): Expectation[] => {
  const cards = board.changes.map(({ taskId }) => taskId)
  const known = new Set([...cards, ...board.subtasks.map(({ id }) => id)])
  const course: Course = {
    day,
    silence: seconds(silenceSeconds),
    skills: new Map(),
    out: [],
    agents: new Map(),
    projects: new Map(),
    known,
  }
  const steps = [
    ...day.calls.map((call) => ({ at: call.answeredAt, run: () => act(course, call) })),
    ...recoveries(day, board).map((one) => ({ at: one.at, run: () => recover(course, one) })),
    ...day.boots.slice(1).map((boot) => ({ at: boot.upAt, run: () => restart(course, boot.upAt) })),
  ].toSorted((a, b) => a.at - b.at)
  for (const step of steps) {
    passTime(course, step.at)
    step.run()
  }
  passTime(course, day.end)
  return course.out
}
