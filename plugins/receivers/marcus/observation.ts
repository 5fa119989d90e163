/**
 * The one vocabulary all sources are read into. An observation is one trace of a fact: what it says, where it was read
 * and when it happened at the source. The domain makes facts of them; nothing here decides anything.
 */
import type { Value } from 'seneca-collector'
import type { Micros } from './micros.ts'

export type SourceName =
  | 'realtime'
  | 'conversations'
  | 'agent_events'
  | 'text_log'
  | 'audit'
  | 'marcus_db'
  | 'kanban'
  | 'costs'
  | 'assignments'
  | 'projects'
  | 'subtasks'
  | 'project_history'
  | 'services'
  | 'mcp'

export interface Trace {
  readonly at: Micros
  readonly source: SourceName
  /** Where it was read: `realtime_20261123_174810.jsonl:1203`, `kanban.db/tasks/7dc0…`. */
  readonly ref: string
  /** Its number in a database table: what the position to go on from is counted by. */
  readonly row?: number
  /** The source has no times: `at` is a lower bound (history) or the time of reading (live). */
  readonly untimed?: boolean
}

export interface Card {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly priority: string
  readonly assignedTo: string | undefined
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly completedAt: Micros | undefined
  readonly projectId: string | undefined
  readonly projectName: string | undefined
  readonly estimatedHours: number | undefined
  readonly parentId: string | undefined
  readonly dependsOn: readonly string[]
}

export interface Polled {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly status: string
  readonly skills: readonly string[]
  readonly tasks: readonly string[]
}

export type Fact =
  | { readonly kind: 'boot'; readonly pid?: number }
  /** `found`: it had ended when it was first looked at. */
  | { readonly kind: 'stopped'; readonly pid: number | undefined; readonly found?: boolean }
  | {
      readonly kind: 'registration'
      readonly agent: string
      readonly name: string
      readonly role: string
      readonly skills: readonly string[]
      readonly project?: string
    }
  | { readonly kind: 'request'; readonly agent: string; readonly project?: string }
  | { readonly kind: 'no_task'; readonly agent: string; readonly reason: string; readonly retry?: number }
  /** The tool's own answer to the same request, with a better reason. */
  | { readonly kind: 'no_task_answer'; readonly agent: string; readonly reason: string; readonly retry?: number }
  | {
      readonly kind: 'assignment'
      readonly agent: string
      readonly task: string
      readonly name?: string
      readonly priority?: string
      readonly project?: string
    }
  | { readonly kind: 'auto_complete'; readonly agent: string; readonly task: string }
  | { readonly kind: 'unassigned'; readonly agent?: string; readonly task: string; readonly by: string }
  | {
      readonly kind: 'report'
      readonly agent: string
      readonly task: string
      readonly progress: number
      readonly status: string
      readonly message?: string
      readonly project?: string
    }
  | {
      readonly kind: 'blocker'
      readonly agent: string
      readonly task: string
      readonly severity: string
      readonly description: string
      readonly project?: string
    }
  | {
      readonly kind: 'answer'
      readonly to: 'report' | 'blocker'
      /** The line of acceptance, or the tool's own answer. */
      readonly via: 'line' | 'tool'
      readonly agent: string
      readonly ok: boolean
      readonly task?: string
      readonly progress?: number
      readonly status?: string
      readonly reason?: string
      readonly severity?: string
      readonly description?: string
    }
  | { readonly kind: 'started'; readonly agent: string; readonly task: string; readonly name?: string }
  | {
      readonly kind: 'outcome_event'
      readonly agent: string
      readonly task: string
      readonly success: boolean
      readonly doneAt: Micros
    }
  | {
      readonly kind: 'decision'
      readonly id: string
      readonly task: string
      readonly agent: string
      readonly what: string
      readonly why?: string
      readonly impact?: string
      readonly project?: string
    }
  | {
      readonly kind: 'artifact'
      readonly id: string
      readonly task: string
      readonly agent?: string
      readonly filename: string
      readonly type: string
      readonly location?: string
      readonly project?: string
    }
  | {
      readonly kind: 'outcome'
      readonly key: string
      readonly task: string
      readonly name?: string
      readonly agent?: string
      readonly success: boolean
      readonly score?: number
    }
  | { readonly kind: 'task_name'; readonly task: string; readonly name: string; readonly project?: string }
  /** A card as it is now; `history` when it was read long after and only its present state is known. */
  | { readonly kind: 'card'; readonly card: Card; readonly created?: boolean }
  | { readonly kind: 'recovered'; readonly card: string; readonly agent: string }
  | { readonly kind: 'recovering'; readonly task: string; readonly agent: string }
  | {
      readonly kind: 'subtask'
      readonly id: string
      readonly parent: string
      readonly name: string
      readonly priority: string
      readonly hours?: number
      readonly dependsOn: readonly string[]
    }
  | {
      readonly kind: 'project'
      readonly id: string
      readonly name: string
      readonly settings?: Readonly<Record<string, Value>>
    }
  | { readonly kind: 'active_project'; readonly id: string; readonly old?: string; readonly name?: string }
  | { readonly kind: 'creating'; readonly name: string }
  | { readonly kind: 'created'; readonly name: string; readonly ok: boolean; readonly count: number }
  | { readonly kind: 'created_id'; readonly name: string; readonly id: string }
  | { readonly kind: 'gridlock'; readonly blocked: number }
  | {
      readonly kind: 'tool_failed'
      readonly tool: string
      readonly agent?: string
      readonly message: string
      readonly code?: string
    }
  | {
      readonly kind: 'tool_called'
      readonly tool: string
      readonly agent?: string
      readonly client?: string
      readonly clientType?: string
      readonly ms?: number
      readonly ok: boolean
      readonly error?: string
    }
  | { readonly kind: 'denied'; readonly tool: string; readonly clientType: string }
  | { readonly kind: 'life'; readonly agent: string }
  | {
      readonly kind: 'cost'
      readonly key: string
      readonly agent?: string
      readonly role: string
      readonly operation: string
      readonly model: string
      readonly input: number
      readonly output: number
      readonly usd?: number
      readonly task?: string
      readonly project?: string
    }
  | { readonly kind: 'agents_polled'; readonly agents: readonly Polled[] }
  | {
      readonly kind: 'project_polled'
      readonly id: string
      readonly name: string
      readonly total: number
      readonly completed: number
      readonly active: number
      readonly blocked: number
      readonly percent: number
    }
  | {
      readonly kind: 'measured'
      readonly values: readonly { readonly name: string; readonly value: number; readonly unit: string }[]
    }
  | { readonly kind: 'tool_result'; readonly tool: string; readonly result: Value }
  | { readonly kind: 'unreachable'; readonly endpoint: string }
  | { readonly kind: 'reachable'; readonly endpoint: string }
  | {
      readonly kind: 'connection'
      readonly change: 'opened' | 'lost' | 'restored'
      readonly peer: string
      readonly era: string | null
      readonly transport: string
      readonly reason?: string
      readonly outage?: number
    }
  /** What no rule knows. */
  | {
      readonly kind: 'unmapped'
      readonly file: string
      readonly reason: string
      readonly record: Value
      readonly type?: string
    }

export type Observation = Trace & Fact

/** A known line of no consequence, counted by kind. */
export interface Housekeeping {
  readonly kind: 'housekeeping'
  readonly name: string
}

export type Parsed = Fact | Housekeeping
