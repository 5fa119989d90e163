/**
 * Runs of types that come again and again within one task or agent: every run of `LENGTH_LEAST` to `LENGTH_MOST` types is
 * counted, several events of one type in a row as one. A run that ends as it began (A B A) or goes round in between (C A B A B)
 * is told by one round already; one that only ever comes inside a longer one of the same support says nothing more. Both are
 * left out, and the rest is ranked by how many steps it explains: support × (types − 1).
 */
import { spansOf } from './spans.ts'
import type { Track, Tracks } from './tracks.ts'
import type { CommonSequence, PatternEvent } from './types.ts'

const LENGTH_LEAST = 2
const LENGTH_MOST = 6
const SUPPORT_LEAST = 2
/** Of this many different runs no more are begun: then only those that are known are counted on. */
const RUNS_MOST = 200_000
const JOINT = '\u0000'

/** One event for each run of one type, the first. */
const withoutRepeats = (track: Track): PatternEvent[] => track.filter((event, i) => track[i - 1]?.type !== event.type)

const countRuns = (tracks: Tracks): Map<string, number[]> => {
  const runs = new Map<string, number[]>()
  for (const track of tracks.values()) {
    const events = withoutRepeats(track)
    for (let from = 0; from < events.length - 1; from++) {
      let key = events[from]!.type
      for (let to = from + 1; to < Math.min(events.length, from + LENGTH_MOST); to++) {
        key += JOINT + events[to]!.type
        const spans = runs.get(key)
        const span = events[to]!.time - events[from]!.time
        if (spans !== undefined) spans.push(span)
        else if (runs.size < RUNS_MOST) runs.set(key, [span])
      }
    }
  }
  return runs
}

/** Its runs of one type less: without the first, without the last. */
const shorterOf = (types: readonly string[]): string[] => [types.slice(1).join(JOINT), types.slice(0, -1).join(JOINT)]

/** Its end is its beginning once more, or some of it comes twice in a row. */
const isRound = (types: readonly string[]): boolean =>
  types.some((_, period) => {
    const repeats = types.map((type, i) => i >= period && type === types[i - period])
    return period > 0 && (repeats.slice(period).every(Boolean) || hasRun(repeats, period))
  })

const hasRun = (repeats: readonly boolean[], length: number): boolean =>
  repeats.some((_, from) => from + length <= repeats.length && repeats.slice(from, from + length).every(Boolean))

export const commonSequencesOf = (tracks: Tracks, top: number): CommonSequence[] => {
  const runs = [...countRuns(tracks)].filter(
    ([key, spans]) => spans.length >= SUPPORT_LEAST && !isRound(key.split(JOINT)),
  )
  const support = new Map(runs.map(([key, { length }]) => [key, length]))
  const inLonger = new Set<string>()
  for (const [key, { length }] of runs) {
    const types = key.split(JOINT)
    if (types.length === LENGTH_LEAST) continue
    for (const shorter of shorterOf(types)) if (support.get(shorter) === length) inLonger.add(shorter)
  }
  const weight = ([key, spans]: readonly [string, readonly number[]]): number =>
    spans.length * (key.split(JOINT).length - 1)
  return runs
    .filter(([key]) => !inLonger.has(key))
    .toSorted((a, b) => weight(b) - weight(a) || (a[0] < b[0] ? -1 : 1))
    .slice(0, top)
    .map(([key, spans]) => {
      const { count, ...rest } = spansOf(spans)
      return { sequence: key.split(JOINT), support: count, ...rest }
    })
}
