/** What a pattern report is made of, and what it says. Times are milliseconds since the epoch, spans are seconds. */
import type { VolumeFinding } from '../volume-finding.ts'

export interface PatternEvent {
  readonly time: number
  readonly type: string
  /** Empty where an event is about none. */
  readonly task: string
  readonly agent: string
  /** What people call them, where the event says it. */
  readonly taskName: string
  readonly agentName: string
  /** OTel's severity number. */
  readonly severity: number
}

/** Of spans of time: how many, and where the middle and the ninth of ten lie. */
export interface Spans {
  readonly count: number
  readonly median_seconds: number | null
  readonly p90_seconds: number | null
}

export interface Transition extends Spans {
  readonly from: string
  readonly to: string
}

export interface CommonSequence {
  /** Types in order; several of one type in a row are one. */
  readonly sequence: readonly string[]
  /** How often it came. */
  readonly support: number
  /** From its first event to its last. */
  readonly median_seconds: number | null
  readonly p90_seconds: number | null
}

export interface Failure {
  readonly type: string
  readonly count: number
  readonly tasks: number
  readonly agents: number
  /** What most often happened to the task (or agent) next. */
  readonly next: { readonly type: string; readonly count: number } | null
}

export interface Recovery extends Spans {
  readonly from: string
  readonly to: string
  /** How many have not been followed by it yet. */
  readonly open: number
}

export type TaskStatus = 'todo' | 'in_progress' | 'blocked' | 'done'

export interface Retry {
  readonly task_id: string
  readonly task_name: string
  readonly attempts: number
  readonly recoveries: number
  readonly refusals: number
  readonly status: TaskStatus
}

export interface SlowTask {
  readonly task_id: string
  readonly task_name: string
  readonly agent: string
  readonly seconds: number
  /** Of the median. */
  readonly times: number
}

export interface StuckTask {
  readonly task_id: string
  readonly task_name: string
  readonly agent: string
  readonly status: 'in_progress' | 'blocked'
  readonly last_type: string
  /** Since its last event. */
  readonly idle_seconds: number
}

export interface TaskPatterns {
  readonly seen: number
  readonly completed: number
  readonly open: number
  /** From the first assignment to the completion. */
  readonly duration: Spans
  readonly slow: readonly SlowTask[]
  /** Held or blocked tasks of which nothing was heard for longer than this. */
  readonly stuck_after_seconds: number
  readonly stuck: readonly StuckTask[]
}

export interface AgentPatterns {
  readonly agent_id: string
  readonly agent_name: string
  readonly events: number
  readonly assigned: number
  readonly completed: number
  readonly recovered: number
  readonly unassigned: number
  readonly blocked: number
  readonly refused: number
  readonly silent: number
  /** From being given a task to completing it. */
  readonly duration: Spans
  /** From one of its events to the next. */
  readonly cadence: Spans
}

export interface Hours {
  readonly timezone: string
  /** 24 counts. */
  readonly by_hour: readonly number[]
  /** Monday first, 24 counts each. */
  readonly by_weekday: readonly (readonly number[])[]
}

export interface PatternReport {
  readonly total_events: number
  /** Most frequent first. */
  readonly event_types: Readonly<Record<string, number>>
  readonly common_sequences: {
    readonly by_task: readonly CommonSequence[]
    readonly by_agent: readonly CommonSequence[]
  }
  readonly transitions: { readonly by_task: readonly Transition[]; readonly by_agent: readonly Transition[] }
  readonly failures: readonly Failure[]
  readonly retries: readonly Retry[]
  readonly recoveries: readonly Recovery[]
  readonly tasks: TaskPatterns
  readonly agents: readonly AgentPatterns[]
  readonly hours: Hours
  readonly anomalies: {
    /** Less than a day is known: nothing is said yet. */
    readonly learning: boolean
    readonly findings: readonly VolumeFinding[]
  }
}

export interface PatternOptions {
  /** The window; events before it only teach what is usual. */
  readonly since: number
  readonly until: number
  /** An IANA name. */
  readonly timezone: string
  /** The longest lists are cut to so many. */
  readonly top: number
}
