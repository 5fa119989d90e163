/**
 * What is known of every task while its spans are open: the task itself (the root of its trace, or a subtask), the attempt
 * under way, and the one before it. Plain data, so that it can be saved as JSON and survives a restart.
 */
import type { ValueMap } from 'seneca-collector'

export interface OpenAttempt {
  readonly spanId: string
  readonly agentId: string
  /** Nanoseconds since the epoch, in decimal. */
  readonly start: string
  readonly attributes: ValueMap
  readonly events: { readonly time: string; readonly name: string; readonly attributes: ValueMap }[]
  droppedEvents: number
}

export interface Task {
  readonly id: string
  /** The root task, whose trace this one belongs to; itself where there is no parent. */
  readonly root: string
  readonly traceId: string
  name: string
  dependsOn: readonly string[]
  attributes: ValueMap
  attempts: number
  /** When the first attempt at it, or at one of its subtasks, began; decimal nanoseconds. */
  begun: string | undefined
  open: OpenAttempt | undefined
  /** Span id of the attempt before. */
  previous: string | undefined
  /** Ids of the last events that began and ended attempts: what is sent again is not told again. */
  told: readonly string[]
  done: boolean
}

/** How many of those ids are kept for each task. */
export const TOLD_MAX = 32

/** More tasks than this are not kept: of the done ones the oldest goes first. */
export const TASKS_MAX = 10_000

export interface Tasks {
  get(id: string): Task | undefined
  put(task: Task): void
  /** The task an agent works on. */
  heldBy(agentId: string): Task | undefined
  /** What changed since the last call, for the storage: undefined = gone. */
  changes(): ReadonlyMap<string, Task | undefined>
  readonly size: number
  readonly open: number
}

export const createTasks = (restored: Iterable<Task>): Tasks => {
  const tasks = new Map<string, Task>()
  const holders = new Map<string, string>()
  let changed = new Map<string, Task | undefined>()
  let open = 0

  const note = (task: Task, before: OpenAttempt | undefined): void => {
    if (before && holders.get(before.agentId) === task.id) holders.delete(before.agentId)
    if (task.open) holders.set(task.open.agentId, task.id)
    open += (task.open ? 1 : 0) - (before ? 1 : 0)
  }
  const evict = (): void => {
    for (const task of tasks.values()) {
      if (!task.done || task.open) continue
      tasks.delete(task.id)
      changed.set(task.id, undefined)
      return
    }
  }
  for (const task of restored) {
    tasks.set(task.id, task)
    note(task, undefined)
  }
  return {
    get: (id) => tasks.get(id),
    put(task) {
      const before = tasks.get(task.id)?.open
      if (!tasks.has(task.id) && tasks.size >= TASKS_MAX) evict()
      tasks.set(task.id, task)
      note(task, before)
      changed.set(task.id, task)
    },
    heldBy: (agentId) => tasks.get(holders.get(agentId) ?? ''),
    changes() {
      const out = changed
      changed = new Map()
      return out
    },
    get size() {
      return tasks.size
    },
    get open() {
      return open
    },
  }
}
