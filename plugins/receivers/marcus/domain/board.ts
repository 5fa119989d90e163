/**
 * The board as it is read: rows now against what is known. What logs tell better (who completed, why it is blocked) waits
 * a settle for them; what only the board tells (new cards, cards put back, Marcus's own design cards) is told at once.
 */
import type { Micros } from '../micros.ts'
import type { Card, Observation } from '../observation.ts'
import { markDirty, projectNamed } from './projects.ts'
import type { Task } from './state.ts'
import { complete, unblock } from './tasks.ts'
import type { World } from './world.ts'

type CardSeen = Observation & { readonly kind: 'card' }
type SubtaskSeen = Observation & { readonly kind: 'subtask' }

const DESIGNER = 'Marcus'
/** The board knows that a card was blocked or finished, the logs know by whom and why: they get so many settles. */
const PATIENCE = 5

const announce = (world: World, task: Task, card: Card, observation: CardSeen): void => {
  task.announced = true
  task.card = true
  const bornDone = card.status === 'done' && card.updatedAt === card.createdAt
  if (bornDone) {
    task.done = true
    task.status = 'done'
    task.doneAt = card.createdAt
  }
  world.say('task.created', {
    at: card.createdAt,
    key: [card.id],
    data: {
      task_id: card.id,
      task_name: card.name,
      project_id: card.projectId ?? null,
      priority: card.priority,
      estimated_hours: card.estimatedHours,
      depends_on: [...card.dependsOn],
      parent_id: card.parentId,
      status: bornDone ? 'done' : undefined,
    },
    source: observation.source,
  })
  world.state.tasks.touch(card.id)
  markDirty(world, card.projectId, card.createdAt)
}

const becameDone = (world: World, task: Task, card: Card, observation: CardSeen): void => {
  if (task.done) return
  const at = card.completedAt ?? card.updatedAt
  const agent = card.assignedTo
  if (agent === DESIGNER) {
    complete(world, task.id, { at, by: 'marcus', agent, source: observation.source, ref: observation.ref })
    return
  }
  const waiting = `complete ${task.id}`
  if (world.state.pending.has(waiting)) return
  const data = { task: task.id, at, agent }
  world.wait(waiting, { due: at + world.settings.settle * PATIENCE, what: 'complete', data, observation })
}

const becameBlocked = (world: World, task: Task, card: Card, observation: CardSeen): void => {
  const waiting = `block ${task.id}`
  if (task.blocked || world.state.pending.has(waiting)) return
  const data = { task: task.id, at: card.updatedAt, agent: card.assignedTo }
  world.wait(waiting, { due: card.updatedAt + world.settings.settle * PATIENCE, what: 'block', data, observation })
}

const moved = (world: World, task: Task, card: Card, observation: CardSeen): void => {
  const at = card.updatedAt
  // Put back and given out again in between: when it was put back is lost.
  const after = card.status === 'todo' ? undefined : task.blockedAt
  if (task.blocked && at > (task.blockedAt ?? 0)) unblock(world, task, at, after, observation.source, observation.ref)
  if (task.done && at > (task.doneAt ?? 0)) task.done = false
  if (!task.done && !task.blocked && task.status !== card.status && at > (task.assignedAt ?? 0)) {
    task.status = card.status
    markDirty(world, task.project, at)
  }
}

export const onCard = (world: World, observation: CardSeen): void => {
  const { card } = observation
  world.single['board'] = true
  const task = world.task(card.id)
  task.name = card.name
  if (card.projectId !== undefined) task.project = card.projectId
  if (card.parentId !== undefined) task.parent = card.parentId
  projectNamed(world, card.projectId, card.projectName)
  if (!task.announced) announce(world, task, card, observation)
  if (observation.created === true || card.updatedAt <= (task.boardAt ?? 0)) return
  task.boardAt = card.updatedAt
  if (card.status === 'done') becameDone(world, task, card, observation)
  else if (card.status === 'blocked') becameBlocked(world, task, card, observation)
  else moved(world, task, card, observation)
  world.state.tasks.touch(card.id)
}

export const onSubtask = (
  world: World,
  { id, parent, name, priority, hours, dependsOn, at, source }: SubtaskSeen,
): void => {
  const task = world.task(id)
  if (task.announced) return
  const of = world.task(parent)
  task.announced = true
  task.name = name
  task.parent = parent
  if (of.project !== undefined) task.project = of.project
  of.subtasks = (of.subtasks ?? 0) + 1
  world.state.tasks.touch(id)
  world.state.tasks.touch(parent)
  const data = {
    task_id: id,
    task_name: name,
    project_id: of.project ?? null,
    priority,
    estimated_hours: hours,
    depends_on: [...dependsOn],
    parent_id: parent,
  }
  world.say('task.created', { at, key: [id], data, source })
}

/** No log told who finished the card: the board's word stands. */
export const onCompleteDue = (
  world: World,
  id: string,
  at: Micros,
  agent: string | undefined,
  observation: Observation,
): void => {
  const task = world.task(id)
  const isAgent = agent !== undefined && (world.state.agents.has(agent) || task.holder === agent)
  const by = (task.subtasks ?? 0) > 0 ? 'subtasks' : isAgent ? 'agent' : 'person'
  complete(world, id, { at, by, agent: isAgent ? agent : undefined, source: observation.source, ref: observation.ref })
}

export const onBlockDue = (
  world: World,
  id: string,
  at: Micros,
  agent: string | undefined,
  observation: Observation,
  due: Micros,
): void => {
  const task = world.task(id)
  if (task.blocked || task.done) return
  const reports = agent === undefined ? [] : (world.state.reports.get(agent) ?? [])
  if (reports.some((report) => report.settled === 'no' && report.task === id)) {
    // Its answer will say more.
    world.wait(`block ${id}`, {
      due: due + world.settings.settle,
      what: 'block',
      data: { task: id, at, agent },
      observation,
    })
    return
  }
  task.unclaimed = true
  task.blocked = true
  task.blockedAt = at
  task.status = 'blocked'
  task.blocker = { severity: 'medium', description: '', ...(agent === undefined ? {} : { agent }) }
  world.state.tasks.touch(id)
  const data = { task_id: id, agent_id: agent, severity: 'medium', description: '' }
  world.say('task.blocked', {
    at,
    key: [id],
    data,
    source: observation.source,
    derived: true,
    evidence: [observation.ref],
  })
  markDirty(world, task.project, at)
}
