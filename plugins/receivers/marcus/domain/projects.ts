/**
 * Projects: made, switched to, counted, finished. Counts are those of the board's cards (subtasks are no cards) and are
 * told when they have stood for a moment; quarters are told once each.
 */
import { MILLI, SECOND, secondsBetween, type Micros } from '../micros.ts'
import type { Observation, SourceName } from '../observation.ts'
import { projectOf } from './allocation.ts'
import { reconcile } from './reconcile.ts'
import type { Task } from './state.ts'
import type { World } from './world.ts'

/** Changes closer together are told as one. */
const CALM = 400 * MILLI
/** The log of a project's making says more than the file: it gets so many settles. */
const PATIENCE = 5
/** Making a project takes as long as a model does. */
const CREATING_MAX = 1_800 * SECOND

export const projectNamed = (world: World, id: string | undefined, name: string | undefined): void => {
  if (id === undefined) return
  const project = projectOf(world, id)
  if (name === undefined || project.name === name || project.announced) return
  project.name = name
  world.state.projects.touch(id)
}

interface Counts {
  readonly total: number
  readonly done: number
  readonly active: number
  readonly blocked: number
}

const countsOf = (tasks: Iterable<Task>, id: string): Counts => {
  const counts = { total: 0, done: 0, active: 0, blocked: 0 }
  for (const task of tasks) {
    if (!task.card || task.project !== id) continue
    counts.total++
    if (task.done) counts.done++
    else if (task.blocked) counts.blocked++
    else if (task.status === 'in_progress') counts.active++
  }
  return counts
}

export const projectCounts = (world: World, id: string): Counts => countsOf(world.state.tasks.values(), id)

/** The counts of a project changed at this instant; they are told when they have stood for a moment. */
export const markDirty = (world: World, id: string | undefined, at: Micros): void => {
  if (id === undefined || world.single['board'] !== true) return
  const key = `status ${id}`
  const last = world.state.pending.get(key)?.data
  const lastAt = typeof last?.['at'] === 'number' ? last['at'] : undefined
  if (last !== undefined && lastAt !== undefined && at - lastAt >= CALM) onStatusDue(world, last)
  const project = projectOf(world, id)
  // Told late, the counts are those of now: they hold since the newest change that is known.
  const newest = Math.max(at, project.changedAt ?? 0)
  project.changedAt = newest
  world.state.projects.touch(id)
  const data = { project: id, at: newest, ...projectCounts(world, id) }
  world.wait(key, { due: newest + CALM, what: 'status', data })
}

export const percentOf = ({ total, done }: Counts): number =>
  total === 0 ? 0 : Math.round((done * 10_000) / total) / 100

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

export const onStatusDue = (world: World, data: Readonly<Record<string, unknown>>): void => {
  const id = String(data['project'])
  const at = numberOf(data['at'])
  const project = projectOf(world, id)
  const counts = {
    total: numberOf(data['total']),
    done: numberOf(data['done']),
    active: numberOf(data['active']),
    blocked: numberOf(data['blocked']),
  }
  const { total, done, active, blocked } = counts
  const told = [total, done, active, blocked].join()
  if (project.told === told) return
  project.told = told
  world.state.projects.touch(id)
  world.say('project.status.updated', {
    at,
    key: [id, String(total), String(done), String(active), String(blocked)],
    data: {
      project_id: id,
      progress: percentOf(counts),
      health_score: null,
      health_known: false,
      active_tasks: active,
      total_tasks: total,
      completed: done,
      blocked,
    },
    source: 'kanban',
  })
  finish(world, id, at, counts)
}

/** Marcus's own rule: nothing in progress, and what is not done is blocked. */
const finish = (world: World, id: string, at: Micros, { total, done, active, blocked }: Counts): void => {
  const project = projectOf(world, id)
  const over = total > 0 && done > 0 && active === 0 && done + blocked === total && !isCreating(world, id, at)
  if (over === project.completed) return
  project.completed = over
  world.state.projects.touch(id)
  if (!over) return
  const from = project.createdAt ?? at
  const data = { project_id: id, duration_seconds: secondsBetween(from, at) }
  world.say('project.completed', { at, key: [id], data, source: 'kanban', derived: true })
}

/** Cards come one by one while a project is made: its shares mean nothing yet. */
const isCreating = (world: World, id: string, at: Micros): boolean => {
  for (const { id: known, at: from, doneAt } of world.state.creating.values()) {
    if (doneAt === undefined && at - from < CREATING_MAX && (known === undefined || known === id)) {
      return !projectOf(world, id).announced
    }
  }
  return false
}

const QUARTERS = [25, 50, 75, 100]

/** A card became done: has a quarter been reached? */
export const evaluate = (world: World, id: string | undefined, at: Micros): void => {
  if (id === undefined || isCreating(world, id, at)) return
  const project = projectOf(world, id)
  const { total, done } = projectCounts(world, id)
  for (const percent of QUARTERS) {
    if (total === 0 || (done * 100) / total < percent || project.milestones.includes(percent)) continue
    project.milestones = [...project.milestones, percent]
    world.state.projects.touch(id)
    const data = { project_id: id, percent }
    world.say('project.milestone.reached', { at, key: [id, String(percent)], data, derived: true, source: 'kanban' })
  }
}

type Seen<K> = Observation & { readonly kind: K }

/** marcus.db repeats what the realtime log says of a project's making; it counts only where there is no such log. */
const repeats = (world: World, source: SourceName): boolean =>
  source === 'marcus_db' && world.single['realtime'] === true

export const onCreating = (world: World, { name, at, source }: Seen<'creating'>): void => {
  if (repeats(world, source)) return
  const known = world.state.creating.get(name)
  if (known === undefined || known.at !== at) world.state.creating.set(name, { name, at })
}

export const onCreated = (world: World, { name, ok, count, at, source }: Seen<'created'>): void => {
  if (repeats(world, source)) return
  const making = world.state.creating.get(name) ?? { name, at }
  if (!ok) {
    world.state.creating.delete(name)
    return
  }
  world.state.creating.set(name, { ...making, count, doneAt: at })
}

export const onCreatedId = (world: World, { name, id, source }: Seen<'created_id'>): void => {
  if (repeats(world, source)) return
  const making = world.state.creating.get(name)
  if (making?.doneAt === undefined) return
  world.state.creating.delete(name)
  sayCreated(world, id, name, making.doneAt, source, making.count, secondsBetween(making.at, making.doneAt))
}

const sayCreated = (
  world: World,
  id: string,
  name: string,
  at: Micros,
  source: SourceName,
  count?: number,
  duration?: number,
): void => {
  const project = projectOf(world, id)
  world.unwait(`project ${id}`)
  if (project.announced) return
  project.announced = true
  project.name = name
  project.createdAt = duration === undefined ? at : at - duration * SECOND
  world.state.projects.touch(id)
  const taskCount = count ?? projectCounts(world, id).total
  const data = { project_id: id, project_name: name, task_count: taskCount, duration_seconds: duration }
  world.say('project.created', { at, key: [id], data, source })
  evaluate(world, id, at)
}

/** projects.json names a project: the log of its making is better, where there is one. */
export const onProject = (world: World, observation: Seen<'project'>): void => {
  const { id, name, at, settings } = observation
  const project = projectOf(world, id)
  projectNamed(world, id, name)
  const text = JSON.stringify(settings ?? {})
  if (project.settings !== undefined && project.settings !== text) {
    const data = { what: 'project', diff: { from: project.settings, to: text }, project_id: id }
    world.say('system.config.changed', { at, key: ['project', id], data, source: observation.source, project: id })
  }
  project.settings = text
  world.state.projects.touch(id)
  if (project.announced || world.state.pending.has(`project ${id}`)) return
  world.wait(`project ${id}`, { due: at + world.settings.settle * PATIENCE, what: 'project', observation })
}

export const onProjectDue = (world: World, observation: Observation): void => {
  const { id, name, at, source } = observation as Seen<'project'>
  sayCreated(world, id, name, at, source)
}

const SWITCH_TOLERANCE = 5 * SECOND

/** At each start Marcus "switches" from nothing to the project it had: no change. */
export const onActiveProject = (world: World, observation: Seen<'active_project'>): void => {
  if (observation.source !== 'conversations' && observation.id === world.single.activeProject) return
  const canon = { source: 'conversations', tolerance: SWITCH_TOLERANCE } as const
  if (reconcile(world, `switch ${observation.id}`, observation, canon) === 'say') saySwitched(world, observation)
}

export const saySwitched = (world: World, { id, at, source, name }: Seen<'active_project'>): void => {
  const old = world.single.activeProject
  const { activeSince } = world.single
  const late = typeof activeSince === 'number' && at < activeSince
  if (id === old) return
  if (!late) {
    world.single.activeProject = id
    world.single['activeSince'] = at
    world.touchSingle()
  }
  if (name !== undefined && projectOf(world, id).name === undefined) projectNamed(world, id, name)
  world.say('project.switched', {
    at,
    key: [id],
    data: { project_id: id, old_project_id: late ? undefined : old },
    source,
  })
}
