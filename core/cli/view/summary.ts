/** What came out of a day, in words: how many events of which type, who did what, who was stuck, and whether it adds up. */
import type { PipelineBalance } from '../../engine/types.ts'
import { duration, type ShownEvent } from './event-line.ts'
import { cell, plain, type Paint } from './paint.ts'

/** Agents and types of one day; more are counted together. */
const NAMES_MAX = 200

interface AgentCount {
  readonly name: string
  /** It has registered or changed its status: Marcus itself and its planner have not. */
  worker: boolean
  events: number
  completed: number
  blocked: number
  silent: number
}

export interface Summary {
  see(event: ShownEvent): void
  readonly events: number
  lines(options: {
    readonly columns: number
    readonly paint: Paint
    readonly balance: readonly PipelineBalance[]
  }): string[]
}

const field = (event: ShownEvent, key: string): string | undefined => {
  const data = event.data as Readonly<Record<string, unknown>> | undefined
  const value = data?.[key]
  return typeof value === 'string' || typeof value === 'number' ? plain(String(value)) : undefined
}

const stuckSentence = (event: ShownEvent): string | undefined => {
  const who = field(event, 'agent_name') ?? field(event, 'agent_id') ?? 'somebody'
  const task = `"${field(event, 'task_name') ?? field(event, 'task_id') ?? '?'}"`
  if (event.type === 'agent.silent')
    return `${who} fell silent holding ${task} (noticed after ${duration(field(event, 'silent_seconds'))})`
  if (event.type === 'task.recovered') return `Marcus took ${task} back from ${who}`
  if (event.type === 'task.blocked') return `${who} was blocked on ${task}`
  if (event.type === 'task.unblocked')
    return `${task} was put back on the board after ${duration(field(event, 'blocked_seconds'))}`
  return undefined
}

const balanceLine = (
  { pipeline, received, delivered, filtered, deadLettered, dropped, held, queued, inFlight, balanced }: PipelineBalance,
  paint: Paint,
): string => {
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)
  const left = held + queued + inFlight
  const text = `${pipeline}: ${received} received = ${delivered} delivered + ${sum(filtered)} filtered + ${deadLettered} dead-lettered + ${sum(dropped)} dropped + ${left} on the way`
  return `${text}  ${balanced ? paint('green', 'holds') : paint('red', 'does NOT hold')}`
}

const columnsOf = (cells: readonly string[], width: number, columns: number): string[] => {
  const perLine = Math.max(1, Math.floor(columns / width))
  const lines: string[] = []
  for (let index = 0; index < cells.length; index += perLine) {
    lines.push(
      cells
        .slice(index, index + perLine)
        .map((one) => cell(one, width))
        .join('')
        .trimEnd(),
    )
  }
  return lines
}

export const summary = (): Summary => {
  const types = new Map<string, number>()
  const agents = new Map<string, AgentCount>()
  const stuck: string[] = []
  let events = 0

  const count = (event: ShownEvent): void => {
    const id = field(event, 'agent_id')
    if (id === undefined || (!agents.has(id) && agents.size >= NAMES_MAX)) return
    const known = agents.get(id)
    const name = field(event, 'agent_name') ?? (event.type === 'agent.registered' ? field(event, 'name') : undefined)
    const agent = {
      ...(known ?? { worker: false, events: 0, completed: 0, blocked: 0, silent: 0 }),
      name: name ?? known?.name ?? id,
    }
    agent.events++
    if (/^agent\.(registered|status|silent)/.test(String(event.type))) agent.worker = true
    if (event.type === 'task.completed') agent.completed++
    if (event.type === 'task.blocked') agent.blocked++
    if (event.type === 'agent.silent') agent.silent++
    agents.set(id, agent)
  }

  return {
    see: (event) => {
      events++
      const type = typeof event.type === 'string' ? event.type : '(no type)'
      const key = types.has(type) || types.size < NAMES_MAX ? type : '(others)'
      types.set(key, (types.get(key) ?? 0) + 1)
      count(event)
      const sentence = stuckSentence(event)
      if (sentence !== undefined && stuck.length < NAMES_MAX) stuck.push(sentence)
    },
    get events() {
      return events
    },
    lines: ({ columns, paint, balance }) => {
      const sorted = [...types].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      const counted = sorted.map(([type, number]) => `${String(number).padStart(5)}  ${type}`)
      const people = [...agents.values()]
        .filter(({ worker }) => worker)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(
          (agent) =>
            `  ${cell(agent.name, 12)} ${String(agent.completed).padStart(2)} ${agent.completed === 1 ? 'task' : 'tasks'} completed${agent.blocked > 0 ? `, blocked ${agent.blocked}×` : ''}${agent.silent > 0 ? paint('red', `, silent ${agent.silent}×`) : ''}`,
        )
      return [
        paint('bold', `${events} events of ${types.size} types`),
        ...columnsOf(counted, 38, columns),
        '',
        paint('bold', 'Agents'),
        ...people,
        '',
        paint('bold', 'Who was stuck'),
        ...(stuck.length === 0 ? ['  nobody'] : stuck.map((sentence) => `  ${sentence}`)),
        '',
        paint('bold', 'Balance'),
        ...balance.map((one) => `  ${balanceLine(one, paint)}`),
      ]
    },
  }
}
