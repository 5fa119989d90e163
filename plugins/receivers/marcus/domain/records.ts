/** Facts that Marcus keeps a row of: starts, decisions, artifacts, outcomes, costs. Each has an id of its own. */
import type { Micros } from '../micros.ts'
import type { Observation } from '../observation.ts'
import { live } from './agents.ts'
import { isFinal } from './final.ts'
import { markDirty } from './projects.ts'
import { scrub } from './scrub.ts'
import { complete } from './tasks.ts'
import type { World } from './world.ts'

type Seen<K> = Observation & { readonly kind: K }

/** True the first time an id is seen. */
const isFirst = (world: World, key: string): boolean => {
  if (world.state.seen.has(key)) return false
  world.state.seen.set(key, 1)
  return true
}

export const onStarted = (world: World, { task, agent, name, at, source }: Seen<'started'>): void => {
  const known = world.task(task)
  if (name !== undefined && known.name === undefined) known.name = name
  world.state.tasks.touch(task)
  // Marcus moves the parent's card before it notes the start of a subtask.
  const parent = known.parent === undefined ? undefined : world.state.tasks.get(known.parent)
  if (parent !== undefined && parent.status === 'todo' && !parent.done) {
    parent.status = 'in_progress'
    world.state.tasks.touch(parent.id)
    markDirty(world, parent.project, at)
  }
  world.say('task.started', { at, key: [task, agent], data: { task_id: task, agent_id: agent }, source })
}

export const onDecision = (world: World, seen: Seen<'decision'>): void => {
  const { id, task, agent, what, why, impact, project, at, source, ref } = seen
  if (!isFirst(world, `decision ${id}`)) return
  const clean = (text: string): string => scrub(text, world.settings.includeContent)
  const data = {
    decision_id: id,
    task_id: task,
    agent_id: agent,
    what: clean(what),
    why: why === undefined ? undefined : clean(why),
    impact: impact === undefined ? undefined : clean(impact),
  }
  world.say('decision.logged', { at, key: [id], data, source, project })
  // Marcus copies a subtask's decisions to its parent in the agent's name: no sign of the agent's life.
  if (!what.startsWith('[From subtask: ') && world.state.agents.has(agent)) live(world, agent, at, ref)
}

export const onArtifact = (world: World, seen: Seen<'artifact'>): void => {
  const { id, task, agent, filename, type, location, project, at, source } = seen
  if (!isFirst(world, `artifact ${id}`)) return
  const place = location === undefined || location.startsWith('/') ? undefined : location
  const data = { task_id: task, agent_id: agent, filename, artifact_type: type, location: place }
  world.say('artifact.logged', { at, key: [task, filename], data, source, project })
}

export const onOutcome = (world: World, { key, task, name, agent, success, at, source }: Seen<'outcome'>): void => {
  if (!isFirst(world, `outcome ${key}`)) return
  const known = world.task(task)
  if (name !== undefined && known.name === undefined) known.name = name
  const data = { task_id: task, agent_id: agent, outcome: success ? 'success' : 'failure' }
  world.say('task.quality.assessed', { at, key: [task, key], data, source })
}

export const onTaskName = (world: World, { task: id, name, project }: Seen<'task_name'>): void => {
  const task = world.task(id)
  task.name ??= name
  if (project !== undefined) task.project ??= project
  world.state.tasks.touch(id)
}

export const onCost = (world: World, seen: Seen<'cost'>): void => {
  const { key, agent, role, operation, model, input, output, usd, task, project, at, source } = seen
  if (!isFirst(world, `cost ${key}`)) return
  const data = {
    agent_id: agent,
    agent_role: role,
    operation,
    model,
    input_tokens: input,
    output_tokens: output,
    cost_usd: usd,
    task_id: task,
  }
  world.say('cost.recorded', { at, key: [key], data, source, project })
}

/** marcus.db says a task ended well. It says so before the last checks, so an open report's answer is awaited. */
export const onOutcomeEvent = (world: World, seen: Seen<'outcome_event'>): void => {
  const { task, success, doneAt } = seen
  if (!success || world.state.tasks.get(task)?.done === true) return
  const due = Math.max(doneAt, seen.at) + world.settings.settle
  world.wait(`ended ${task}`, { due, what: 'ended', observation: seen })
}

export const onEndedDue = (world: World, observation: Observation, due: Micros): void => {
  const { task, agent, doneAt, at, source, ref } = observation as Seen<'outcome_event'>
  const report = (world.state.reports.get(agent) ?? []).findLast(
    (one) => one.task === task && isFinal(one) && one.at <= at,
  )
  if (report?.settled === 'no') {
    world.wait(`ended ${task}`, { due: due + world.settings.settle, what: 'ended', observation })
    return
  }
  if (report?.settled === 'refused') return
  complete(world, task, { at: doneAt, by: 'agent', agent, source, ref })
}
