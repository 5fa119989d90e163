/**
 * The course of each task: who was given it when, how that ended, what state it is in at the end of the window.
 *
 * stuck  held or blocked, and nothing heard of it for longer than `stuckAfter`: three times the p90 of the gaps between two
 *        events of one task, at least ten minutes
 * slow   completed, and more than twice the median from the first assignment to the completion (of five at least)
 */
import { spansOf } from './spans.ts'
import { nameIn, type Track, type Tracks } from './tracks.ts'
import type { Retry, SlowTask, StuckTask, TaskPatterns, TaskStatus } from './types.ts'

const STUCK_LEAST_SECONDS = 600
const STUCK_GAPS = 3
const SLOW_TIMES = 2
const SLOW_OF_LEAST = 5
const MS = 1_000

export interface Attempt {
  readonly agent: string
  readonly since: number
  until: number | undefined
  end: 'completed' | 'recovered' | 'unassigned' | 'reassigned' | undefined
}

export interface Course {
  readonly id: string
  readonly name: string
  readonly track: Track
  readonly attempts: readonly Attempt[]
  readonly recoveries: number
  readonly refusals: number
  readonly status: TaskStatus
  readonly completedAt: number | undefined
}

const ENDS: Readonly<Record<string, Attempt['end']>> = {
  'task.completed': 'completed',
  'task.recovered': 'recovered',
  'task.unassigned': 'unassigned',
}
const STATUS: Readonly<Record<string, TaskStatus>> = {
  'task.created': 'todo',
  'task.assigned': 'in_progress',
  'task.started': 'in_progress',
  'task.progress.updated': 'in_progress',
  'task.blocked': 'blocked',
  'task.unblocked': 'todo',
  'task.completed': 'done',
  'task.recovered': 'todo',
  'task.unassigned': 'todo',
}

export const courseOf = (id: string, track: Track): Course => {
  const attempts: Attempt[] = []
  let status: TaskStatus = 'todo'
  let completedAt: number | undefined
  const end = (how: Attempt['end'], time: number): void => {
    const last = attempts.at(-1)
    if (last === undefined || last.end !== undefined) return
    last.end = how
    last.until = time
  }
  for (const { type, time, agent } of track) {
    if (type === 'task.assigned') {
      end('reassigned', time)
      attempts.push({ agent, since: time, until: undefined, end: undefined })
    } else if (Object.hasOwn(ENDS, type)) end(ENDS[type], time)
    if (type === 'task.completed') completedAt ??= time
    // A report of the one who is stuck does not unblock it; a task that is done stays done.
    const isOver = status === 'done' || (status === 'blocked' && type === 'task.progress.updated')
    if (Object.hasOwn(STATUS, type) && !isOver) status = STATUS[type]!
  }
  const count = (...types: string[]): number => track.filter(({ type }) => types.includes(type)).length
  return {
    id,
    name: nameIn(track, id, 'taskName'),
    track,
    attempts,
    recoveries: count('task.recovered'),
    refusals: count('task.progress.refused', 'task.completion.refused'),
    status,
    completedAt,
  }
}

export const coursesOf = (tracks: Tracks): Course[] => [...tracks].map(([id, track]) => courseOf(id, track))

export const retriesOf = (courses: readonly Course[]): Retry[] =>
  courses
    .filter(({ attempts, recoveries, refusals }) => attempts.length > 1 || recoveries > 0 || refusals > 0)
    .map(({ id, name, attempts, recoveries, refusals, status }) => ({
      task_id: id,
      task_name: name,
      attempts: attempts.length,
      recoveries,
      refusals,
      status,
    }))
    .toSorted((a, b) => b.attempts + b.refusals - a.attempts - a.refusals || (a.task_id < b.task_id ? -1 : 1))

const slowOf = (done: readonly { readonly course: Course; readonly ms: number }[], median: number | null): SlowTask[] =>
  median === null || median === 0 || done.length < SLOW_OF_LEAST
    ? []
    : done
        .map(({ course, ms }) => ({
          task_id: course.id,
          task_name: course.name,
          agent: course.attempts.at(-1)?.agent ?? '',
          seconds: Math.round(ms) / MS,
          times: Math.round((ms / MS / median) * 10) / 10,
        }))
        .filter(({ seconds }) => seconds > SLOW_TIMES * median)
        .toSorted((a, b) => b.seconds - a.seconds)

const stuckOf = (courses: readonly Course[], until: number, afterSeconds: number): StuckTask[] =>
  courses
    .flatMap(({ id, name, attempts, status, track }): StuckTask[] => {
      const last = track.at(-1)!
      if (status === 'todo' || status === 'done') return []
      const agent = attempts.at(-1)?.agent ?? last.agent
      const idle = Math.round(until - last.time) / MS
      return [{ task_id: id, task_name: name, agent, status, last_type: last.type, idle_seconds: idle }]
    })
    .filter((task) => task.idle_seconds > afterSeconds)
    .toSorted((a, b) => b.idle_seconds - a.idle_seconds)

/** Seconds; rounded up, so that it reads as the limit that it is. */
const stuckAfter = (tracks: Tracks): number => {
  const gaps: number[] = []
  for (const track of tracks.values())
    for (let i = 1; i < track.length; i++) gaps.push(track[i]!.time - track[i - 1]!.time)
  return Math.max(STUCK_LEAST_SECONDS, Math.ceil((spansOf(gaps).p90_seconds ?? 0) * STUCK_GAPS))
}

export const taskPatternsOf = (courses: readonly Course[], tracks: Tracks, until: number): TaskPatterns => {
  const done = courses.flatMap((course) => {
    const since = course.attempts[0]?.since
    return since === undefined || course.completedAt === undefined ? [] : [{ course, ms: course.completedAt - since }]
  })
  const duration = spansOf(done.map(({ ms }) => ms))
  const limit = stuckAfter(tracks)
  return {
    seen: courses.length,
    completed: courses.filter(({ status }) => status === 'done').length,
    open: courses.filter(({ status }) => status !== 'done').length,
    duration,
    slow: slowOf(done, duration.median_seconds),
    stuck_after_seconds: limit,
    stuck: stuckOf(courses, until, limit),
  }
}
