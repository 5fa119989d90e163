/** Directly-follows counts: which type comes after which within one task or agent, how often, and after how long. */
import { spansOf } from './spans.ts'
import type { Tracks } from './tracks.ts'
import type { Transition } from './types.ts'

const JOINT = '\u0000'

export const transitionsOf = (tracks: Tracks, top: number): Transition[] => {
  const found = new Map<string, number[]>()
  for (const track of tracks.values()) {
    for (let i = 1; i < track.length; i++) {
      const [before, after] = [track[i - 1]!, track[i]!]
      const key = before.type + JOINT + after.type
      const spans = found.get(key)
      if (spans === undefined) found.set(key, [after.time - before.time])
      else spans.push(after.time - before.time)
    }
  }
  return [...found]
    .toSorted(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1))
    .slice(0, top)
    .map(([key, spans]) => {
      const [from = '', to = ''] = key.split(JOINT)
      return { from, to, ...spansOf(spans) }
    })
}
