/**
 * The place of one component: processors have one a pipeline, all others one an id. It keeps its name, its counts and its
 * health while the component in it is replaced by one with another configuration.
 */
import type { ComponentConfig } from '../config/types.ts'
import type { StatusState } from '../kit/context.ts'
import type { CollectorError } from '../kit/errors.ts'
import type { Component } from '../kit/plugin.ts'
import type { Core } from './core.ts'
import type { DeadLetters } from './dead-letters.ts'
import { newCounts, type Counts } from './counts.ts'
import { createHealth, type Health } from './health.ts'
import { ownedClock, type OwnedClock } from './owned-clock.ts'

/** What begins and ends with one component. */
export interface Life {
  readonly clock: OwnedClock
  /** Behind `ctx.signal`. */
  readonly controller: AbortController
  component: Component | undefined
}

export interface Instance {
  /** `exporter/file`. */
  readonly key: string
  readonly config: ComponentConfig
  readonly pipelines: readonly string[]
  readonly health: Health
  /** By pipeline id. */
  readonly counts: ReadonlyMap<string, Counts>
  readonly life: Life
  readonly component: Component | undefined
  /** Where what it cannot deliver or refuses is kept. */
  letters: DeadLetters | undefined
  /** Another component is to come, with that configuration. Answers what ended. */
  renew(config: ComponentConfig): Life
  /** The component stays, and what the engine does around it follows that configuration. */
  adopt(config: ComponentConfig): void
  /** It is renamed into other pipelines; counts of earlier ones stay. */
  stand(pipelines: readonly string[]): void
  /** The component's own word on how it is; said in the log when it changes for the worse, and back. */
  say(state: StatusState, reason?: string): void
  /** Records something that went wrong in it: degraded until `recovered`, said in the log now and then. */
  trouble(what: string, error: CollectorError): void
  recovered(): void
  /** What stands around it is in trouble, by whoever sees it, in words; undefined: it is over, and what to say then. */
  strain(by: object, reason: string | undefined, afterwards?: string): void
}

/** The same trouble is said again only after this long. */
const QUIET_MS = 10_000

type Word = Pick<Instance, 'say' | 'trouble' | 'recovered'>

/** What is said of one place in the log and its health; `reset` forgets what was said of the component before. */
const createWord = (core: Core, key: string, health: Health): { readonly face: Word; reset(): void } => {
  const { clock, log } = core.env
  let unwell = false
  let troubled = false
  let silentUntil = -Infinity
  let unsaid = 0
  const face: Word = {
    say(state, reason) {
      const worse = state === 'degraded' || state === 'failed'
      if (worse && !unwell) log.warn(`${key}: ${state}`, reason === undefined ? {} : { reason })
      if (unwell && state === 'ok') log.info(`${key}: ok again`, reason === undefined ? {} : { reason })
      if (worse || state === 'ok') unwell = worse
      health.report(state, reason)
    },
    trouble(what, error) {
      troubled = true
      health.observe('degraded', `${what}: ${error.message}`)
      if (clock.monotonic() < silentUntil) {
        unsaid++
        return
      }
      log.warn(`${key}: ${what}`, { reason: error.message, ...(unsaid > 0 && { same_before: unsaid }) })
      unsaid = 0
      silentUntil = clock.monotonic() + QUIET_MS
    },
    recovered() {
      if (!troubled) return
      troubled = false
      silentUntil = -Infinity
      health.observe('ok')
      log.info(`${key}: works again`)
    },
  }
  return {
    face,
    reset() {
      troubled = false
      unwell = false
      silentUntil = -Infinity
    },
  }
}

export const createInstance = (core: Core, first: ComponentConfig, standsIn: readonly string[]): Instance => {
  const key = `${first.kind}/${first.id}`
  const { clock } = core.env
  const health = createHealth(clock)
  const counts = new Map<string, Counts>()
  const begin = (): Life => ({
    clock: ownedClock(clock, key, core.guard),
    controller: new AbortController(),
    component: undefined,
  })
  let config = first
  let pipelines: readonly string[] = []
  let life = begin()
  const word = createWord(core, key, health)
  // Counts of pipelines it left stay: what is under way is still theirs.
  const stand = (wanted: readonly string[]): void => {
    pipelines = wanted
    for (const id of wanted) if (!counts.has(id)) counts.set(id, newCounts())
  }
  stand(standsIn)
  return {
    key,
    get config() {
      return config
    },
    get pipelines() {
      return pipelines
    },
    health,
    counts,
    get life() {
      return life
    },
    get component() {
      return life.component
    },
    letters: undefined,
    stand,
    adopt(next) {
      config = next
    },
    renew(next) {
      const before = life
      config = next
      life = begin()
      word.reset()
      health.begin()
      return before
    },
    strain(by, reason, afterwards) {
      if (reason === undefined) core.env.log.info(`${key}: ${afterwards ?? 'is well again'}`)
      else core.env.log.warn(`${key}: ${reason}`)
      health.strain(by, reason)
    },
    ...word.face,
  }
}

export const countsOf = (instance: Instance, pipeline: string): Counts => {
  const counts = instance.counts.get(pipeline)
  if (!counts) throw new TypeError(`${instance.key} is not part of ${pipeline}`)
  return counts
}

export const concurrencyOf = ({ definition, options }: ComponentConfig): number => {
  const { concurrency = 1 } = definition
  const wanted = typeof concurrency === 'function' ? concurrency(options as never) : concurrency
  return Math.max(1, Math.floor(wanted))
}
