/**
 * Processors that change their order in a pipeline. A call that is under way must not meet one it has passed: so the most
 * that keep their order among themselves stay where they are, and the others leave their place and come to a new one.
 */
import type { CollectorConfig } from '../config/types.ts'
import { isStep, placeOf, type Plant } from './plant.ts'

/** The longest run of names that stand in both lists in the same order. */
const inSameOrder = (before: readonly string[], after: readonly string[]): ReadonlySet<string> => {
  const longest: (readonly string[])[] = []
  for (const [at, name] of after.entries()) {
    const place = before.indexOf(name)
    const earlier = longest.slice(0, at).filter((run) => {
      const last = run.at(-1)
      return last !== undefined && place !== -1 && before.indexOf(last) < place
    })
    const best = earlier.reduce<readonly string[]>((a, b) => (b.length > a.length ? b : a), [])
    longest.push(place === -1 ? [] : [...best, name])
  }
  return new Set(longest.reduce<readonly string[]>((a, b) => (b.length > a.length ? b : a), []))
}

/** Places (`processor/x@logs`) whose processor stays in the pipeline, elsewhere. */
export const movedPlaces = ({ stations }: Pick<Plant, 'stations'>, after: CollectorConfig): ReadonlySet<string> => {
  const moved = after.pipelines.flatMap(({ id, processors }) => {
    const before = stations.filter(isStep).filter(({ pipeline }) => pipeline === id)
    const names = before.map(({ instance }) => instance.config.id)
    const staying = inSameOrder(names, processors)
    return before.filter((_step, at) => !staying.has(names[at] ?? '')).map(placeOf)
  })
  return new Set(moved)
}
