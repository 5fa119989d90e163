/**
 * What is happening right now, as the marcus receiver knows it, and how a person sees it: a table of agents, the open
 * blockers, the project's progress. Times are milliseconds on the collector's clock.
 */
import { duration } from './event-line.ts'
import { cell, columnsOf, fit, plain, type Paint } from './paint.ts'

export interface NowAgent {
  readonly agent_id: string
  readonly name: string
  readonly role: string
  readonly status: 'active' | 'idle' | 'offline'
  readonly task_id?: string
  readonly task_name?: string
  readonly task_since?: number
  readonly progress?: number
  readonly last_sign?: number
  readonly silent: boolean
}
export interface NowBlocker {
  readonly task_id: string
  readonly task_name?: string
  readonly agent_id?: string
  readonly severity?: string
  readonly description?: string
  readonly since: number
}
export interface NowTask {
  readonly task_id: string
  readonly task_name: string
  readonly status: string
  readonly agent_id?: string
  readonly progress?: number
  readonly project_id?: string
  readonly parent_id?: string
}
export interface NowProject {
  readonly project_id: string
  readonly project_name?: string
  readonly active: boolean
  readonly total: number
  readonly completed: number
  readonly in_progress: number
  readonly blocked: number
  readonly progress: number
  /** When tasks were completed, newest last. */
  readonly completions: readonly number[]
}
export interface NowView {
  readonly at: number
  readonly marcus: {
    readonly state: 'up' | 'down' | 'unknown'
    readonly since?: number
    readonly pid?: number
    readonly endpoint: 'ok' | 'unreachable' | 'none'
  }
  readonly agents: readonly NowAgent[]
  readonly blockers: readonly NowBlocker[]
  readonly tasks: readonly NowTask[]
  readonly projects: readonly NowProject[]
}

export interface RenderOptions {
  readonly columns: number
  readonly paint: Paint
  /** Projects that are neither active nor unfinished are left out unless asked for. */
  readonly all?: boolean
}

const BAR_COLUMNS = 16
const HOUR_MS = 3_600_000

export const bar = (fraction: number, columns: number = BAR_COLUMNS): string => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * columns)
  return '█'.repeat(full) + '░'.repeat(columns - full)
}

/** Completions an hour over the last hour, or over what there is of it; undefined before there are two. */
export const velocity = ({ completions }: NowProject, at: number): number | undefined => {
  const recent = completions.filter((time) => time > at - HOUR_MS && time <= at)
  const first = recent[0]
  if (recent.length < 2 || first === undefined) return undefined
  const span = Math.max(at - first, 60_000)
  return (recent.length * HOUR_MS) / span
}

const ago = (time: number | undefined, at: number): string =>
  time === undefined ? '–' : duration(Math.max(0, at - time) / 1_000)

const agentRow = (agent: NowAgent, at: number, taskColumns: number, paint: Paint): string => {
  const color = agent.silent || agent.status === 'offline' ? 'red' : agent.status === 'active' ? 'green' : 'dim'
  const doing = agent.task_id === undefined ? '' : plain(agent.task_name ?? agent.task_id)
  const progress = agent.task_id === undefined || agent.progress === undefined ? '' : `${Math.round(agent.progress)} %`
  return [
    cell(plain(agent.name || agent.agent_id), 12),
    paint(color, cell(agent.silent ? 'silent' : agent.status, 8)),
    cell(progress, 6, 'right'),
    cell(doing, taskColumns),
    cell(ago(agent.last_sign, at), 9, 'right'),
  ]
    .join('  ')
    .trimEnd()
}

const agentTable = (view: NowView, { columns, paint }: RenderOptions): string[] => {
  if (view.agents.length === 0) return [paint('dim', 'No agent has registered yet.')]
  const taskColumns = Math.max(12, Math.min(44, columns - 12 - 8 - 6 - 9 - 8))
  const head = [
    cell('agent', 12),
    cell('status', 8),
    cell('done', 6, 'right'),
    cell('task', taskColumns),
    cell('last sign', 9, 'right'),
  ]
  const sorted = view.agents.toSorted((a, b) => (a.name || a.agent_id).localeCompare(b.name || b.agent_id))
  return [paint('bold', head.join('  ')), ...sorted.map((agent) => agentRow(agent, view.at, taskColumns, paint))]
}

const blockerLines = (view: NowView, { columns, paint }: RenderOptions): string[] =>
  view.blockers.map((blocker) => {
    const known = view.agents.find(({ agent_id: id }) => id === blocker.agent_id)?.name ?? ''
    const name = known === '' ? (blocker.agent_id ?? '') : known
    const from = name === '' ? '' : ` by ${plain(name)}`
    const what = blocker.description === undefined ? '' : `: ${plain(blocker.description)}`
    const text = `blocked for ${ago(blocker.since, view.at)} (${plain(blocker.severity ?? 'medium')})${from}: "${plain(blocker.task_name ?? blocker.task_id)}"${what}`
    return paint('red', fit(text, columns))
  })

const projectLine = (project: NowProject, view: NowView, { columns, paint }: RenderOptions): string => {
  const rate = velocity(project, view.at)
  const last = project.completions.at(-1)
  const counts = [
    `${project.completed} of ${project.total} done`,
    `${project.in_progress} active`,
    ...(project.blocked > 0 ? [`${project.blocked} blocked`] : []),
    ...(rate === undefined ? [] : [`${rate.toFixed(rate < 10 ? 1 : 0)}/h`]),
    ...(last === undefined ? [] : [`last ${ago(last, view.at)} ago`]),
  ].join(' · ')
  const share = project.total === 0 ? 0 : project.completed / project.total
  const name = cell(plain(project.project_name ?? project.project_id), 16)
  const head = `${bar(share)} ${String(Math.round(share * 100)).padStart(3)} %  `
  return `${paint(project.active ? 'bold' : 'dim', name)} ${paint('green', head)}${fit(counts, Math.max(10, columns - 17 - columnsOf(head)))}`
}

const marcusLine = ({ at, marcus }: NowView, paint: Paint): string => {
  const since = marcus.since === undefined ? '' : ` for ${ago(marcus.since, at)}`
  const pid = marcus.pid === undefined ? '' : ` (pid ${marcus.pid})`
  const endpoint = marcus.endpoint === 'none' ? 'read from its files alone' : `endpoint ${marcus.endpoint}`
  const state =
    marcus.state === 'up' ? paint('green', 'up') : marcus.state === 'down' ? paint('red', 'down') : marcus.state
  return `Marcus is ${state}${since}${pid}, ${endpoint}`
}

/** The whole picture, one line after another. */
export const renderNow = (view: NowView, options: RenderOptions): string[] => {
  const projects = view.projects.filter(
    (project) => options.all === true || project.active || project.completed < project.total,
  )
  const shown = projects.length > 0 ? projects : view.projects.slice(-1)
  return [
    `${marcusLine(view, options.paint)} · ${new Date(view.at).toISOString().slice(11, 19)} UTC`,
    ...shown.map((project) => projectLine(project, view, options)),
    ...blockerLines(view, options),
    '',
    ...agentTable(view, options),
  ]
}
