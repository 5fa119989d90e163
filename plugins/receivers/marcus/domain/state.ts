/** What is known of a Marcus: the rows of the derived state, and their bounds. All of it is plain JSON. */
import type { Micros } from '../micros.ts'
import type { Observation, Polled } from '../observation.ts'
import type { Table, Tables } from './table.ts'

export type AgentStatus = 'active' | 'idle' | 'offline'

export interface Agent {
  readonly id: string
  name?: string
  role?: string
  skills?: readonly string[]
  project?: string
  /** Known to the Marcus that runs now. */
  registered: boolean
  registeredAt?: Micros
  status?: AgentStatus
  /** The task it holds, and since when. */
  task?: string
  since?: Micros
  /** Its last sign of life, the gaps between the last 20 and how long Marcus was away since. */
  life?: Micros
  gaps: number[]
  away: number
  silent: boolean
  /** Time spent holding a task, for utilization. */
  busy: number
  /** What the last poll said. */
  polled?: string
}

export interface Task {
  readonly id: string
  name?: string
  project?: string
  parent?: string
  /** It stands on the board (and is no subtask). */
  card: boolean
  subtasks?: number
  status: string
  /** `updated_at` of the newest row seen. */
  boardAt?: Micros
  done: boolean
  doneAt?: Micros
  blocked: boolean
  blockedAt?: Micros
  /** Blocked by the board's word alone: a report of it may still come. */
  unclaimed?: boolean
  blocker?: { readonly severity: string; readonly description: string; readonly agent?: string }
  progress?: number
  assignedAt?: Micros
  holder?: string
  recoveries: number
  /** A recovery was told without its time, from this agent and since this line: the comment that has the time is no other. */
  toldUntimed?: { readonly agent: string; readonly since: Micros }
  announced: boolean
}

export interface Project {
  readonly id: string
  name?: string
  createdAt?: Micros
  announced: boolean
  milestones: number[]
  completed: boolean
  agents: readonly string[]
  /** The newest change of its cards. */
  changedAt?: Micros
  /** The counts last told. */
  told?: string
  settings?: string
}

export interface Assignment {
  at: Micros
  releasedAt?: Micros
}

export interface Report {
  readonly id: number
  readonly to: 'report' | 'blocker'
  readonly agent: string
  readonly task: string
  readonly progress: number
  readonly status: string
  readonly severity: string
  readonly text?: string
  readonly at: Micros
  readonly ref: string
  readonly source: string
  /** Sources that told of it. */
  traces: string[]
  answers: string[]
  settled: 'no' | 'accepted' | 'refused' | 'unknown'
}

export interface Boot {
  readonly number: number
  readonly at: Micros
  pid?: number
  /** Its first line in the realtime log was read. */
  logged?: boolean
  announced: boolean
  stoppedAt?: Micros
}

/** Something that waits for a source time. */
export interface Pending {
  readonly due: Micros
  readonly what: string
  readonly observation?: Observation
  readonly data?: Readonly<Record<string, string | number | boolean | null | undefined>>
}

/** A fact that several sources tell of. */
export interface SharedFact {
  readonly at: Micros
  traces: string[]
  said: boolean
}

export interface Singles {
  boot: number
  /** The newest time seen in any file or row of Marcus. */
  lastTrace: Micros
  activeProject?: string
  unreachableSince?: Micros
  polledAgents?: readonly Polled[]
  reports: number
  [key: string]: unknown
}

export interface State {
  readonly agents: Table<Agent>
  readonly tasks: Table<Task>
  readonly projects: Table<Project>
  readonly assignments: Table<Assignment>
  /** The last reports of each agent. */
  readonly reports: Table<Report[]>
  readonly boots: Table<Boot>
  readonly pending: Table<Pending>
  /** Facts told by several sources: the last of each key. */
  readonly facts: Table<SharedFact[]>
  /** How many events each natural key has had. */
  readonly counts: Table<number>
  readonly seen: Table<number>
  readonly creating: Table<{ name: string; at: Micros; id?: string; count?: number; doneAt?: Micros }>
  readonly single: Table<Singles>
}

const AGENTS_MAX = 10_000
const TASKS_MAX = 100_000
const COUNTS_MAX = 400_000
const PENDING_MAX = 20_000

export const openState = (tables: Tables): State => ({
  agents: tables.table('agent', AGENTS_MAX),
  tasks: tables.table('task', TASKS_MAX),
  projects: tables.table('project', 10_000),
  assignments: tables.table('assignment', TASKS_MAX),
  reports: tables.table('report', AGENTS_MAX),
  boots: tables.table('boot', 1_000),
  pending: tables.table('pending', PENDING_MAX),
  facts: tables.table('fact', AGENTS_MAX * 2),
  counts: tables.table('count', COUNTS_MAX),
  seen: tables.table('seen', COUNTS_MAX),
  creating: tables.table('creating', 100),
  single: tables.table('single', 1),
})

export const singleOf = (state: State): Singles =>
  state.single.get('all') ?? state.single.set('all', { boot: 0, lastTrace: 0, reports: 0 })
