/** What all of the small Marcus shares: its cards, its workers, its journal, and how its traces look. */
import { randomUUID } from 'node:crypto'
import { parseInstant, type Json } from '../../../core/replay/index.ts'
import { journal, type Journal } from './journal.ts'

export interface Card {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly parentId?: string
  readonly createdAt: string
  status: string
  assignedTo: string | null
  updatedAt: string
  completedAt: string | null
}

export interface Worker {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly skills: readonly string[]
  task: string | undefined
  completed: number
}

export interface World {
  readonly log: Journal
  readonly cards: Map<string, Card>
  readonly projects: Map<string, { readonly id: string; readonly name: string; readonly createdAt: string }>
  readonly held: Map<string, string>
  readonly workers: Map<string, Worker>
  active: string | undefined
  boots: number
  readonly say: (agentId: string, direction: 'worker_to_pm' | 'pm_to_worker', message: string, metadata: Json) => void
  readonly think: (thought: string, context?: Json) => void
  readonly rpc: (client: string, tool: string, args: Json, work: () => Json, file?: 'session' | 'observer') => void
  /** The watcher sees the card. */
  readonly saw: (card: Card, before: { readonly status: string | null; readonly assignedTo: string | null }) => void
  readonly change: (card: Card, status: string, assignedTo: string | null) => void
  /** The watcher sees the file of assignments. */
  readonly holding: () => void
  readonly find: (name: string) => Card
  readonly refreshed: () => void
}

export const hex = (): string => randomUUID().replaceAll('-', '')

const text = (value: unknown): Json => ({
  content: [{ type: 'text', text: JSON.stringify(value, null, 2) }],
  structuredContent: { result: value },
  isError: false,
})

export const makeWorld = (start: string): World => {
  const log = journal(parseInstant(start)!)
  const cards: World['cards'] = new Map()
  const projects: World['projects'] = new Map()
  const held: World['held'] = new Map()
  let calls = 0

  const project = (): Json => {
    const known = world.active === undefined ? undefined : projects.get(world.active)
    return {
      project_id: world.active ?? null,
      project_name: known === undefined ? null : `${known.name} - Main Board`,
      board_id: null,
      board_name: null,
    }
  }
  const say = (agentId: string, direction: 'worker_to_pm' | 'pm_to_worker', message: string, metadata: Json): void =>
    log.conversation({
      worker_id: agentId,
      conversation_type: direction,
      message,
      metadata: { ...metadata, ...project() },
      event: 'worker_communication',
      logger: 'worker',
    })
  const think = (thought: string, context: Json = {}): void =>
    log.conversation({
      conversation_type: 'internal_thinking',
      thought,
      context,
      event: 'pm_thinking',
      logger: 'marcus',
      level: 'debug',
    })

  const rpc = (
    client: string,
    tool: string,
    args: Json,
    work: () => Json,
    file: 'session' | 'observer' = 'session',
  ): void => {
    const id = ++calls
    const common = { client, endpoint: 'agent', session: `s-${client}-${world.boots}` }
    log.message(file, {
      dir: 'send',
      ...common,
      message: { jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: args } },
    })
    log.text('INFO:mcp.server.lowlevel.server:Processing request of type CallToolRequest')
    log.pass(2)
    const answer = work()
    log.pass(3)
    log.message(file, {
      dir: 'recv',
      ...common,
      http_status: 200,
      ms: 5,
      message: { jsonrpc: '2.0', id, result: text(answer) },
    })
  }
  const saw = (card: Card, before: { status: string | null; assignedTo: string | null }): void => {
    log.truth('board', {
      task_id: card.id,
      task: card.name,
      project_id: card.projectId,
      status: card.status,
      assigned_to: card.assignedTo,
      was_status: before.status,
      was_assigned_to: before.assignedTo,
      updated_at: card.updatedAt,
    })
  }
  const change = (card: Card, status: string, assignedTo: string | null): void => {
    if (card.parentId !== undefined) {
      card.status = status
      card.assignedTo = assignedTo
      return
    }
    const before = { status: card.status, assignedTo: card.assignedTo }
    Object.assign(card, { status, assignedTo, updatedAt: log.iso() })
    if (status === 'done') card.completedAt = log.iso()
    saw(card, before)
  }
  const holding = (): void => log.truth('assignments_file', { assignments: Object.fromEntries(held) })
  const find = (name: string): Card => {
    const card = [...cards.values()].find((one) => one.name === name)
    if (card === undefined) throw new Error(`the script knows no card ${name}`)
    return card
  }
  const refreshed = (): void =>
    log.realtime('project_state_refreshed', {
      task_count: cards.size,
      project_state: { project_name: 'Current Project' },
    })

  const world: World = {
    log,
    cards,
    projects,
    held,
    workers: new Map(),
    active: undefined,
    boots: 0,
    say,
    think,
    rpc,
    saw,
    change,
    holding,
    find,
    refreshed,
  }
  return world
}
