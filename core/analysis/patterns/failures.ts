/** What goes wrong, what happens next, and how long it takes until it is right again. */
import { spansOf } from './spans.ts'
import type { Track, Tracks } from './tracks.ts'
import type { Failure, PatternEvent, Recovery } from './types.ts'

const FAILURES: ReadonlySet<string> = new Set([
  'task.progress.refused',
  'task.completion.refused',
  'task.blocked',
  'task.recovered',
  'task.unassigned',
  'agent.silent',
])
/** OTel's ERROR. */
const ERROR = 17

/** What is waited for after what went wrong, within one task or agent. */
const WAYS_BACK = [
  { from: 'task.blocked', to: 'task.unblocked', by: 'task' },
  { from: 'task.recovered', to: 'task.assigned', by: 'task' },
  { from: 'task.recovered', to: 'task.completed', by: 'task' },
  { from: 'task.completion.refused', to: 'task.completed', by: 'task' },
  { from: 'agent.silent', to: 'agent.resumed', by: 'agent' },
] as const

export interface BothTracks {
  readonly task: Tracks
  readonly agent: Tracks
}

const isFailure = ({ type, severity }: PatternEvent): boolean => FAILURES.has(type) || severity >= ERROR

const countNext = (tracks: Tracks, take: (event: PatternEvent) => boolean): Map<string, Map<string, number>> => {
  const next = new Map<string, Map<string, number>>()
  for (const track of tracks.values()) {
    for (const [i, event] of track.entries()) {
      const after = track[i + 1]
      if (after === undefined || !take(event)) continue
      const counts = next.get(event.type) ?? new Map<string, number>()
      next.set(event.type, counts.set(after.type, (counts.get(after.type) ?? 0) + 1))
    }
  }
  return next
}

const mostOf = (counts: ReadonlyMap<string, number> | undefined): Failure['next'] => {
  let most: Failure['next'] = null
  for (const [type, count] of counts ?? []) if (count > (most?.count ?? 0)) most = { type, count }
  return most
}

const distinct = (events: Track, key: 'task' | 'agent'): number =>
  new Set(events.map((event) => event[key]).filter((id) => id !== '')).size

export const failuresOf = (events: Track, tracks: BothTracks): Failure[] => {
  const byType = Map.groupBy(events.filter(isFailure), ({ type }) => type)
  const next = {
    task: countNext(tracks.task, isFailure),
    agent: countNext(tracks.agent, (event) => event.task === '' && isFailure(event)),
  }
  return [...byType]
    .map(([type, found]) => ({
      type,
      count: found.length,
      tasks: distinct(found, 'task'),
      agents: distinct(found, 'agent'),
      next: mostOf(next.task.get(type)) ?? mostOf(next.agent.get(type)),
    }))
    .toSorted((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1))
}

export const recoveriesOf = (tracks: BothTracks): Recovery[] =>
  WAYS_BACK.map(({ from, to, by }) => {
    const spans: number[] = []
    let open = 0
    for (const track of tracks[by].values()) {
      let since: number | undefined
      for (const { type, time } of track) {
        if (type === from) since ??= time
        if (type !== to || since === undefined) continue
        spans.push(time - since)
        since = undefined
      }
      if (since !== undefined) open++
    }
    return { from, to, open, ...spansOf(spans) }
  }).filter(({ count, open }) => count + open > 0)
