/**
 * An event as one line a person reads: when, what, and a sentence about who and which task. Types that have no sentence
 * of their own, and records that are no events, show what they hold: their body, then `key=value`; nothing is left out
 * because it is unknown.
 */
import { timeFromText, timeToText } from '../../model/index.ts'
import { cell, columnsOf, fit, plain, type Paint } from './paint.ts'

export interface ShownEvent {
  readonly id?: unknown
  readonly type?: unknown
  readonly timestamp?: unknown
  readonly source?: unknown
  readonly data?: unknown
  readonly metadata?: unknown
  readonly body?: unknown
  readonly attributes?: unknown
  readonly resource?: unknown
}

type Data = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => {
  if (typeof value === 'string') return plain(value)
  if (value === undefined || value === null) return ''
  return plain(typeof value === 'object' ? JSON.stringify(value) : String(value as number | boolean))
}

const list = (value: unknown): string => (Array.isArray(value) ? value.map(shown).join(', ') : '')

/** `4 min`, `35 s`, `2 h 5 min`. */
export const duration = (value: unknown): string => {
  const total = Math.round(Number(value))
  if (!Number.isFinite(total)) return '?'
  if (total < 120) return `${total} s`
  if (total < 7_200) return `${Math.round(total / 60)} min`
  return `${Math.floor(total / 3_600)} h ${Math.round((total % 3_600) / 60)} min`
}

const who = (data: Data): string => shown(data['agent_name'] ?? data['name'] ?? data['agent_id']) || 'somebody'
const task = (data: Data): string => `"${shown(data['task_name'] ?? data['task_id'])}"`
const project = (data: Data): string => `"${shown(data['project_name'] ?? data['project_id'])}"`
const because = (data: Data): string => (data['reason'] === undefined ? '' : `: ${shown(data['reason'])}`)
const percent = (value: unknown): string => `${Math.round(Number(value) * 10) / 10} %`
const message = (value: unknown): string => (shown(value) === '' ? '' : ` · ${shown(value)}`)

const completed = (data: Data): string => {
  if (data['by'] === 'marcus') return `Marcus finished ${task(data)}`
  if (data['by'] === 'subtasks') return `${task(data)} is complete: all its subtasks are`
  const took = data['duration_seconds'] === undefined ? '' : ` in ${duration(data['duration_seconds'])}`
  return `${who(data)} completed ${task(data)}${took}`
}

/** A line no rule knows: of Marcus's text log as it stood there, of others as the object that it is. */
const unknownLine = (data: Data): string => {
  const record = isObject(data['record']) ? data['record'] : {}
  const { level, module, message: words } = record
  if (words === undefined) return `${shown(data['file'])}${because(data)} · ${shown(data['record'])}`
  return `${shown(level)} ${shown(module)}: ${shown(words)}`
}

const sentences: Readonly<Record<string, (data: Data) => string>> = {
  'agent.registered': (data) => `${who(data)} joined as ${shown(data['role'])} (${list(data['skills'])})`,
  'agent.deregistered': (data) => `${who(data)} is gone (${shown(data['reason'])})`,
  'agent.status.changed': (data) =>
    `${who(data)}: ${shown(data['old_status']) || 'new'} → ${shown(data['new_status'])}`,
  'agent.status.updated': (data) =>
    `${who(data)} is ${shown(data['status'])}${data['current_task'] ? ` on ${shown(data['current_task'])}` : ''}`,
  'agent.work.requested': (data) => `${who(data)} asks for work`,
  'agent.work.refused': (data) => `nothing for ${who(data)}${because(data)}`,
  'agent.silent': (data) =>
    `${who(data)} has been silent for ${duration(data['silent_seconds'])}, holding ${task(data)}`,
  'agent.resumed': (data) => `${who(data)} is back after ${duration(data['silent_seconds'])}`,
  'decision.logged': (data) => `${who(data)} decided${message(data['what'])}`,
  'artifact.logged': (data) => `${shown(data['filename'])} (${shown(data['artifact_type'])}) for ${task(data)}`,
  'task.created': (data) => `${task(data)}${data['parent_id'] === undefined ? '' : ' (subtask)'}`,
  'task.assigned': (data) => `${who(data)} gets ${task(data)}`,
  'task.started': (data) => `${who(data)} starts ${task(data)}`,
  'task.progress.updated': (data) =>
    `${who(data)} ${percent(data['progress'])} of ${task(data)}${data['regressed'] === true ? ' (fell back)' : ''}`,
  'task.progress.refused': (data) => `${who(data)} at ${percent(data['progress'])} of ${task(data)}${because(data)}`,
  'task.blocked': (data) =>
    `${who(data)} is blocked (${shown(data['severity'])}) on ${task(data)}${message(data['description'])}`,
  'task.unblocked': (data) => `${task(data)} after ${duration(data['blocked_seconds'])}`,
  'task.completed': completed,
  'task.completion.refused': (data) => `${who(data)} with ${task(data)}${because(data)}`,
  'task.unassigned': (data) => `${task(data)} taken from ${who(data)}`,
  'task.recovered': (data) => `Marcus took ${task(data)} back from ${who(data)}`,
  'task.quality.assessed': (data) => `${task(data)}: ${shown(data['outcome']) || 'assessed'}`,
  'project.allocation.changed': (data) => `${project(data)}: ${list(data['agents']) || 'nobody'}`,
  'marcus.log.record': unknownLine,
  'system.config.changed': (data) => `${shown(data['what'])} ${shown(data['diff'])}`,
  'mcp.connection.opened': (data) => `connected to ${shown(data['peer'])}`,
  'mcp.connection.lost': (data) => `lost ${shown(data['peer'])}${because(data)}`,
  'mcp.connection.restored': (data) => `connected again to ${shown(data['peer'])}`,
  'project.created': (data) => `${project(data)} with ${shown(data['task_count'])} tasks`,
  'project.switched': (data) => `now ${project(data)}`,
  'project.status.updated': (data) =>
    `${project(data)} ${percent(data['progress'])}: ${shown(data['completed'])} of ${shown(data['total_tasks'])} done, ${shown(data['active_tasks'])} active, ${shown(data['blocked'])} blocked`,
  'project.milestone.reached': (data) => `${project(data)} has reached ${percent(data['percent'])}`,
  'project.completed': (data) => `${project(data)} is over after ${duration(data['duration_seconds'])}`,
  'system.started': (data) => `Marcus started (pid ${shown(data['pid']) || '?'})`,
  'system.stopped': () => 'Marcus stopped',
  'system.unreachable': () => 'Marcus does not answer',
  'system.recovered': (data) =>
    data['outage_seconds'] === undefined
      ? 'Marcus answers again'
      : `Marcus answers again after ${duration(data['outage_seconds'])}`,
  'system.error': (data) => `${shown(data['tool'])}${message(data['message'])}`,
  'cost.recorded': (data) =>
    `${shown(data['operation'])} by ${shown(data['model'])}: ${shown(data['input_tokens'])} + ${shown(data['output_tokens'])} tokens`,
}

/** What every event of a task or an agent carries so that it can be read alone says little on a line. */
const CONTEXT = new Set(['agent_role', 'project_id', 'project_name'])

const fields = (data: Data): string =>
  Object.entries(data)
    .filter(([key]) => !CONTEXT.has(key))
    .map(([key, value]) => `${key}=${shown(value)}`)
    .join(' ')

/** Shown in the type's column. */
const NAME = 'event.name'

const attributesOf = (of: unknown): Data => (isObject(of) && isObject(of['attributes']) ? of['attributes'] : {})

/** Whose record it is, its body, its data and its attributes. */
const contents = (event: ShownEvent, data: Data): string => {
  const { [NAME]: _name, ...attributes } = attributesOf(event)
  const service = shown(attributesOf(event.resource)['service.name'])
  const from = service === '' ? '' : `${service}:`
  return [from, shown(event.body), fields(data), fields(attributes)].filter((part) => part !== '').join(' ')
}

/** What an event says, without its time and type. */
export const sentence = (event: ShownEvent): string => {
  const data = isObject(event.data) ? event.data : {}
  const say = sentences[shown(event.type)]
  return say === undefined ? contents(event, data) : say(data)
}

type Style = Parameters<Paint>[0]

const bad = new Set(['error', 'critical'])

const styleOf = (event: ShownEvent): Style => {
  const type = shown(event.type)
  const severity = isObject(event.metadata) ? shown(event.metadata['severity']) : ''
  if (bad.has(severity) || /silent|blocked|unreachable|stopped|error|offline/.test(type)) return 'red'
  if (severity === 'warning' || /refused|recovered|lost/.test(type)) return 'yellow'
  if (/completed|milestone|unblocked|resumed|restored/.test(type)) return 'green'
  if (/^agent\.work|^agent\.status\.updated|^marcus\./.test(type)) return 'dim'
  return 'cyan'
}

/** As nearly all are written. */
const USUAL = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

const inUtc = (text: string): string => {
  const time = USUAL.test(text) ? undefined : timeFromText(text)
  return time === undefined ? text : timeToText(time)
}

/** `17:48:41`, in UTC as Marcus writes it; a text that is no time stays what it is. */
export const clockTime = (timestamp: unknown): string => {
  const text = inUtc(shown(timestamp))
  return /T\d\d:\d\d:\d\d/.test(text) ? text.slice(11, 19) : text
}

const TYPE_COLUMNS = 25

export const eventLine = (event: ShownEvent, { columns, paint }: { columns: number; paint: Paint }): string => {
  const type = shown(event.type) || shown(attributesOf(event)[NAME]) || 'record'
  const typed = cell(type, Math.max(TYPE_COLUMNS, columnsOf(type)))
  const room = columns - 10 - columnsOf(typed) - 1
  return `${paint('dim', clockTime(event.timestamp))}  ${paint(styleOf(event), typed)} ${fit(sentence(event), Math.max(10, room))}`.trimEnd()
}
