/** Events as the tracks of tasks or agents: all of one key, in the order of time. */
import type { PatternEvent } from './types.ts'

export type Track = readonly PatternEvent[]
export type Tracks = ReadonlyMap<string, Track>

export const tracksOf = (events: readonly PatternEvent[], key: 'task' | 'agent'): Tracks => {
  const tracks = new Map<string, PatternEvent[]>()
  for (const event of events) {
    const id = event[key]
    if (id === '') continue
    const track = tracks.get(id)
    if (track === undefined) tracks.set(id, [event])
    else track.push(event)
  }
  return tracks
}

/** The last name that was said; the id where none was. */
export const nameIn = (track: Track, id: string, name: 'taskName' | 'agentName'): string =>
  track.findLast((event) => event[name] !== '')?.[name] ?? id
