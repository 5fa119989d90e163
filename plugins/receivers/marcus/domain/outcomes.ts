/** What follows from an answer: progress, completion, a blocker, or a refusal. */
import { SECOND, type Micros } from '../micros.ts'
import type { SourceName } from '../observation.ts'
import { severityOf } from './severity.ts'
import { letGo, setStatus } from './agents.ts'
import { isFinal } from './final.ts'
import { scrub } from './scrub.ts'
import { markDirty } from './projects.ts'
import { complete, holdBack, isKnown } from './tasks.ts'
import type { Report } from './state.ts'
import type { World } from './world.ts'

const source = (report: Report): SourceName => report.source as SourceName

const sayProgress = (world: World, report: Report, unknown: boolean): void => {
  const { task: id, agent, progress, status, text, at } = report
  const task = world.task(id)
  const old = task.progress
  task.progress = progress
  world.state.tasks.touch(id)
  world.say('task.progress.updated', {
    at,
    key: [id, agent, String(progress), status],
    data: {
      task_id: id,
      agent_id: agent,
      progress,
      old_progress: old,
      status,
      message: text === undefined ? undefined : scrub(text, world.settings.includeContent),
      regressed: old !== undefined && progress < old,
      accepted: unknown ? 'unknown' : undefined,
    },
    source: source(report),
    severity: old !== undefined && progress < old ? 'warning' : 'info',
  })
}

/** The agent has put the task down; Marcus says it is available. */
const release = (world: World, report: Report, at: Micros): void => {
  letGo(world, report.agent, report.task, at)
  if (world.agent(report.agent).task === undefined) setStatus(world, report.agent, 'idle', at, [report.ref])
}

/** A report that lags behind the board by less tells of the blocker that the board has told of. */
const CLAIM = 600 * SECOND

const block = (world: World, report: Report, at: Micros, unknown: boolean): void => {
  const { task: id, agent, severity, text = '' } = report
  const task = world.task(id)
  const told = task.unclaimed === true && Math.abs((task.blockedAt ?? 0) - at) <= CLAIM
  delete task.unclaimed
  if (!told)
    world.say('task.blocked', {
      at: report.at,
      key: [id],
      data: {
        task_id: id,
        agent_id: agent,
        severity,
        description: scrub(text, world.settings.includeContent),
        accepted: unknown ? 'unknown' : undefined,
      },
      source: source(report),
      severity: severityOf(severity),
    })
  if (unknown) return
  world.unwait(`block ${id}`)
  if (task.card && !task.blocked && !(task.done && at < (task.doneAt ?? 0))) {
    task.blocked = true
    task.blockedAt = at
    task.status = 'blocked'
    task.blocker = { severity, description: scrub(text, world.settings.includeContent), agent }
  }
  delete task.holder
  world.state.tasks.touch(id)
  // A progress report that says "blocked" leaves the task with the agent; only report_blocker takes it away.
  if (report.to === 'blocker') release(world, report, at)
  markDirty(world, task.project, at)
}

const progressed = (world: World, report: Report, at: Micros): void => {
  const task = world.task(report.task)
  if (isFinal(report))
    complete(world, report.task, { at, by: 'agent', agent: report.agent, source: source(report), ref: report.ref })
  else if (report.status === 'in_progress' && task.done && task.card && at > (task.doneAt ?? 0)) {
    // Marcus puts a finished card back in progress when somebody late reports on it.
    task.done = false
    task.status = 'in_progress'
    markDirty(world, task.project, at)
  }
  if (report.status === 'completed') release(world, report, at)
  if (report.status === 'blocked') block(world, report, at, false)
  world.state.tasks.touch(report.task)
}

/** Marcus said yes, or said nothing (`unknown`): then the report is told, and nothing follows from it. */
export const accept = (world: World, report: Report, at: Micros, unknown?: 'unknown'): void => {
  if (report.to === 'blocker') {
    block(world, report, at, unknown !== undefined)
    return
  }
  if (!isKnown(world, report.task)) {
    holdBack(world, report, at, unknown !== undefined)
    return
  }
  sayProgress(world, report, unknown !== undefined)
  if (unknown === undefined) progressed(world, report, at)
}

/** The board had time to show the task, and does not. */
export const refuseUnknown = (world: World, report: Report, at: Micros, unknown: boolean): void => {
  if (isKnown(world, report.task)) accept(world, report, at, unknown ? 'unknown' : undefined)
  else refuse(world, report, report.at, 'unknown_task')
}

export const refuse = (world: World, report: Report, at: Micros, reason: string): void => {
  const { task, agent, progress, to } = report
  const said = { at, source: source(report) } as const
  if (to === 'blocker') {
    const data = { tool: 'report_blocker', agent_id: agent, task_id: task, message: reason, code: reason }
    world.say('system.error', { ...said, key: ['report_blocker', agent], data: { ...data, task_id: undefined } })
  } else if (isFinal(report) && reason !== 'unknown_task') {
    world.say('task.completion.refused', {
      ...said,
      key: [task, agent],
      data: { task_id: task, agent_id: agent, reason },
    })
  } else {
    const data = { task_id: task, agent_id: agent, progress, reason }
    world.say('task.progress.refused', { ...said, key: [task, agent, String(progress)], data })
  }
}

/** A second answer that says otherwise, or one that came after nobody waited any longer. */
export const secondThoughts = (
  world: World,
  report: Report,
  at: Micros,
  ok: boolean,
  before: Report['settled'],
  reason: string,
): void => {
  if (before === 'unknown' && ok) {
    if (report.to === 'report' && isKnown(world, report.task)) progressed(world, report, at)
  } else if (before === 'unknown') refuse(world, report, at, reason)
  else if (before === 'accepted') {
    // Accepted on the board, and an error all the same: a branch that could not be merged.
    const data = { tool: 'report_task_progress', agent_id: report.agent, message: reason, code: reason }
    world.say('system.error', { at, key: ['report_task_progress', report.agent], data, source: source(report) })
    report.settled = 'accepted'
  }
}
