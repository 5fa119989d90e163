/**
 * Tasks: cards of the board and subtasks. Who got them, when they became done (once, until they are opened again), when
 * they were blocked and put back, and when Marcus took them back from a silent agent.
 */
import { SECOND, secondsBetween, type Micros } from '../micros.ts'
import type { Observation, SourceName } from '../observation.ts'
import { fallSilent, letGo, live, setStatus, take } from './agents.ts'
import { evaluate, markDirty } from './projects.ts'
import { reconcile } from './reconcile.ts'
import type { Report, Task } from './state.ts'
import type { World } from './world.ts'

export interface Completion {
  readonly at: Micros
  readonly by: 'agent' | 'marcus' | 'subtasks' | 'person'
  readonly agent?: string | undefined
  readonly source: SourceName
  readonly ref: string
}

/** On a board, in a list of subtasks, or given to somebody once. Where no board can be read, nothing is known to be missing. */
export const isKnown = (world: World, id: string): boolean => {
  const task = world.state.tasks.get(id)
  if (task !== undefined && (task.announced || task.assignedAt !== undefined)) return true
  return world.single['board'] !== true
}

/** A report about a task that is not known (yet): the board gets the time of a settle to show it. */
export const holdBack = (world: World, report: Report, at: Micros, unknown: boolean): void => {
  const data = { agent: report.agent, id: report.id, at, unknown }
  world.wait(`unknown ${report.id}`, { due: Math.max(at, report.at) + world.settings.settle, what: 'unknown', data })
}

export const complete = (world: World, id: string, { at, by, agent, source, ref }: Completion): void => {
  const task = world.task(id)
  world.unwait(`complete ${id}`)
  if (task.done) return
  const from = task.assignedAt
  task.done = true
  task.doneAt = at
  task.status = 'done'
  task.blocked = false
  world.state.tasks.touch(id)
  const derived = source === 'kanban' && by !== 'marcus'
  world.say('task.completed', {
    at,
    key: [id],
    data: {
      task_id: id,
      agent_id: agent,
      duration_seconds: from === undefined || by === 'marcus' ? undefined : secondsBetween(from, at),
      by,
    },
    source,
    ...(derived ? { derived, evidence: [ref] } : {}),
  })
  markDirty(world, task.project, at)
  if (task.card) evaluate(world, task.project, at)
}

/** When the card was put back is lost: whatever was counted in between may be wrong, and is not told. */
const forgetCounts = (world: World, project: string, after: Micros, before: Micros): void => {
  world.retractCounts(project, after, before)
  const waiting = world.state.pending.get(`status ${project}`)?.data?.['at']
  if (typeof waiting === 'number' && waiting > after && waiting < before) world.unwait(`status ${project}`)
}

/** A blocked card that is blocked no longer. */
export const unblock = (
  world: World,
  task: Task,
  at: Micros,
  after: Micros | undefined,
  source: SourceName,
  ref: string,
): void => {
  if (!task.blocked) return
  const since = task.blockedAt ?? at
  if (after !== undefined && task.project !== undefined) forgetCounts(world, task.project, after, at)
  task.blocked = false
  delete task.blockedAt
  if (task.status === 'blocked') task.status = 'todo'
  world.state.tasks.touch(task.id)
  world.say('task.unblocked', {
    at,
    key: [task.id],
    data: { task_id: task.id, blocked_seconds: secondsBetween(since, at) },
    source,
    derived: true,
    evidence: [ref],
    ...(after === undefined ? {} : { range: [after, at] as const }),
  })
  markDirty(world, task.project, at)
}

type Assignment = Observation & { readonly kind: 'assignment' }

export const sayAssignment = (world: World, observation: Assignment): void => {
  const { agent, task: id, at, name, priority, source, ref } = observation
  const task = world.task(id)
  // Blocked cards are given to nobody: somebody has put it back since, and when is not known any more.
  if (task.blocked) unblock(world, task, at, task.blockedAt, source, ref)
  if (name !== undefined && task.name === undefined) task.name = name
  // Read long after, the task is over by now: the assignment is told, and nothing follows from it.
  const late = task.doneAt !== undefined && at < task.doneAt
  world.state.assignments.set(`${agent}|${id}`, late ? { at, releasedAt: task.doneAt ?? at } : { at })
  task.assignedAt = at
  if (!late) {
    task.holder = agent
    task.done = false
    task.status = 'in_progress'
    take(world, agent, id, at)
  }
  world.state.tasks.touch(id)
  const parent = task.parent === undefined ? undefined : world.task(task.parent)
  const project = task.project ?? parent?.project ?? observation.project ?? world.agent(agent).project
  if (parent !== undefined && parent.status === 'todo') {
    parent.status = 'in_progress'
    world.state.tasks.touch(parent.id)
  }
  world.say('task.assigned', {
    at,
    key: [id, agent],
    data: { task_id: id, agent_id: agent, task_name: task.name ?? name ?? id, priority, project_id: project },
    source,
  })
  live(world, agent, at, ref)
  if (!late) setStatus(world, agent, 'active', at, [ref])
  if (project !== undefined && world.agent(agent).project === undefined) {
    // Its registration names the project, if it is still to be read.
    world.wait(`attach ${agent}`, { due: at + world.settings.settle, what: 'attach', data: { agent, project, at } })
  }
  markDirty(world, project, at)
}

/**
 * The assignments file holds Marcus's leases, and it makes one for whoever reports, given a task or not (a task that does
 * not exist included). So it is heard only where nothing else that Marcus writes can be read.
 */
export const isHearsay = (world: World, { source }: Assignment): boolean =>
  source === 'assignments' && world.single.lastTrace > 0

/** A task is given to an agent anew only after it was taken from it, so the state tells traces from new facts. */
export const onAssignment = (world: World, observation: Assignment): void => {
  if (isHearsay(world, observation)) return
  const key = `${observation.agent}|${observation.task}`
  const waiting = `assign ${key}`
  const known = world.state.assignments.get(key)
  if (known !== undefined) {
    const over = known.releasedAt
    if (over === undefined || observation.at <= over) return
  }
  if (observation.source === 'realtime') {
    world.unwait(waiting)
    sayAssignment(world, observation)
  } else if (!world.state.pending.has(waiting)) {
    world.wait(waiting, { due: observation.at + world.settings.settle, what: 'assign', observation })
  }
}

export const onAutoComplete = (world: World, observation: Observation & { readonly kind: 'auto_complete' }): void => {
  const { agent, task, at, source, ref } = observation
  complete(world, task, { at, by: 'subtasks', agent, source, ref })
}

export const onUnassigned = (world: World, observation: Observation & { readonly kind: 'unassigned' }): void => {
  if (
    reconcile(world, `unassigned ${observation.task}`, observation, { source: 'realtime', tolerance: 5 * SECOND }) ===
    'say'
  ) {
    sayUnassigned(world, observation)
  }
}

export const sayUnassigned = (
  world: World,
  { task: id, at, by, source, ...rest }: Observation & { readonly kind: 'unassigned' },
): void => {
  const task = world.task(id)
  const agent = rest.agent ?? task.holder
  world.say('task.unassigned', { at, key: [id], data: { task_id: id, agent_id: agent, by }, source })
  task.status = 'todo'
  task.blocked = false
  delete task.holder
  world.state.tasks.touch(id)
  if (agent !== undefined && letGo(world, agent, id, at)) setStatus(world, agent, 'idle', at)
  markDirty(world, task.project, at)
}

/** Marcus took a task back. An agent that was not known to be silent has been: the lease says so. */
export const recover = (
  world: World,
  { task: id, agent: agentId, at, after }: { task: string; agent: string; at: Micros; after?: Micros | undefined },
  source: SourceName,
): void => {
  const agent = world.agent(agentId)
  const task = world.task(id)
  if (!agent.silent && agent.task === id) fallSilent(world, agent, at - 1, 'lease', id)
  task.recoveries++
  task.status = 'todo'
  delete task.holder
  if (after === undefined) delete task.toldUntimed
  else task.toldUntimed = { agent: agentId, since: after }
  world.state.tasks.touch(id)
  world.say('task.recovered', {
    at,
    key: [id],
    data: {
      task_id: id,
      agent_id: agentId,
      silent_seconds: agent.life === undefined ? undefined : secondsBetween(agent.life, at),
      recoveries: task.recoveries,
    },
    source,
    ...(after === undefined ? {} : { range: [after, at] as const }),
  })
  letGo(world, agentId, id, at)
  markDirty(world, task.project, at)
}

type Recovering = Observation & { readonly kind: 'recovering' }
type Recovered = Observation & { readonly kind: 'recovered' }

/** The line has no time of its own: the comment may be as far from it as a lease's grace. */
const UNTIMED_WAIT = 900 * SECOND

const belongs = (world: World, card: string, task: string): boolean =>
  card === task || world.state.tasks.get(task)?.parent === card || task.startsWith(`${card}_sub_`)

/** The line names the task, the comment on the card has the time; either may be read first. */
export const onRecovering = (world: World, observation: Recovering): void => {
  const key = `recovered ${observation.agent}`
  const comment = world.state.pending.get(key)?.observation as Recovered | undefined
  if (comment !== undefined && belongs(world, comment.card, observation.task)) {
    world.unwait(key)
    recover(world, { task: observation.task, agent: observation.agent, at: comment.at }, comment.source)
    return
  }
  // A board that can be read will have the comment, although no card of it may have been judged yet.
  const hasBoard = world.single['board'] === true || world.single['boardThere'] === true
  const wait = hasBoard ? UNTIMED_WAIT : world.settings.settle * 2
  const { task, agent } = observation
  world.wait(`recovering ${agent}|${task}`, { due: observation.at + wait, what: 'recovering', observation })
}

/** Whether the comment is about a recovery that was told already, when nobody had its time. */
const wasToldUntimed = (world: World, { card, agent, at }: Recovered): boolean => {
  for (const [id, task] of world.state.tasks.entries()) {
    const { toldUntimed } = task
    if (toldUntimed?.agent !== agent || !belongs(world, card, id)) continue
    if (Math.abs(at - toldUntimed.since) > UNTIMED_WAIT) continue
    delete task.toldUntimed
    world.state.tasks.touch(id)
    return true
  }
  return false
}

export const onRecovered = (world: World, observation: Recovered): void => {
  for (const [key, pending] of world.state.pending.entries()) {
    const line = pending.observation
    if (line?.kind !== 'recovering' || line.agent !== observation.agent || !belongs(world, observation.card, line.task))
      continue
    world.unwait(key)
    recover(world, { task: line.task, agent: line.agent, at: observation.at }, observation.source)
    return
  }
  if (wasToldUntimed(world, observation)) return
  world.wait(`recovered ${observation.agent}`, {
    due: observation.at + world.settings.settle,
    what: 'recovered',
    observation,
  })
}

export const onRecoveringDue = (world: World, { task, agent, at }: Recovering, due: Micros): void =>
  recover(world, { task, agent, at: due, after: at }, 'text_log')

export const onRecoveredDue = (world: World, { card, agent, at, source }: Recovered): void => {
  const held = world.agent(agent).task
  recover(world, { task: held !== undefined && belongs(world, card, held) ? held : card, agent, at }, source)
}
