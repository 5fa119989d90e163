/**
 * One fact, several traces. A source tells of each fact once, so a trace belongs to the earliest fact near it that its
 * source has not told of yet. The canonical source settles a fact at once; any other waits `settle` for it, in source
 * time, and then stands in for it.
 */
import type { Micros } from '../micros.ts'
import type { Observation, SourceName } from '../observation.ts'
import type { World } from './world.ts'

/** How many facts of one key are remembered, to tell late traces from new facts. */
const FACTS_A_KEY = 32

export interface Canon {
  readonly source: SourceName
  /** Traces of one fact lie no further apart. */
  readonly tolerance: Micros
}

export type Verdict = 'say' | 'wait' | 'known'

const waitingKey = (key: string, at: Micros): string => `fact ${key} ${at}`

export const reconcile = (world: World, key: string, observation: Observation, canon: Canon): Verdict => {
  const { at, source } = observation
  const facts = world.state.facts.get(key) ?? []
  const known = facts.find((fact) => !fact.traces.includes(source) && Math.abs(fact.at - at) <= canon.tolerance)
  if (known !== undefined) {
    known.traces.push(source)
    world.state.facts.touch(key)
    if (known.said || source !== canon.source) return 'known'
    known.said = true
    world.unwait(waitingKey(key, known.at))
    return 'say'
  }
  const said = source === canon.source
  facts.push({ at, traces: [source], said })
  if (facts.length > FACTS_A_KEY) facts.shift()
  world.state.facts.set(key, facts)
  if (said) return 'say'
  world.wait(waitingKey(key, at), { due: at + world.settings.settle, what: 'fact', observation, data: { key, at } })
  return 'wait'
}

/** The wait is over: true when the stand-in must be said. */
export const standIn = (world: World, key: string, at: Micros): boolean => {
  const fact = world.state.facts.get(key)?.find((one) => one.at === at)
  if (fact === undefined || fact.said) return false
  fact.said = true
  world.state.facts.touch(key)
  return true
}
