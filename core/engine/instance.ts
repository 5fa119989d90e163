/** One running component: processors have one instance a pipeline, all others one an id. */
import type { ComponentConfig } from '../config/types.ts'
import type { StatusState } from '../kit/context.ts'
import type { CollectorError } from '../kit/errors.ts'
import type { Component } from '../kit/plugin.ts'
import type { Core } from './core.ts'
import { newCounts, type Counts } from './counts.ts'
import { createHealth, type Health } from './health.ts'
import { ownedClock, type OwnedClock } from './owned-clock.ts'

export interface Instance {
  /** `exporter/file`. */
  readonly key: string
  readonly config: ComponentConfig
  readonly pipelines: readonly string[]
  readonly health: Health
  readonly clock: OwnedClock
  /** Behind `ctx.signal`. */
  readonly controller: AbortController
  /** By pipeline id. */
  readonly counts: ReadonlyMap<string, Counts>
  component: Component | undefined
  /** The component's own word on how it is; said in the log when it changes for the worse, and back. */
  say(state: StatusState, reason?: string): void
  /** Records something that went wrong in it: degraded until `recovered`, said in the log now and then. */
  trouble(what: string, error: CollectorError): void
  recovered(): void
}

/** The same trouble is said again only after this long. */
const QUIET_MS = 10_000

export const createInstance = (core: Core, config: ComponentConfig, pipelines: readonly string[]): Instance => {
  const key = `${config.kind}/${config.id}`
  const { clock, log } = core.env
  const health = createHealth(clock)
  const counts = new Map(pipelines.map((id) => [id, newCounts()]))
  let unwell = false
  let troubled = false
  let silentUntil = -Infinity
  let unsaid = 0
  return {
    key,
    config,
    pipelines,
    health,
    clock: ownedClock(clock, key, core.guard),
    controller: new AbortController(),
    counts,
    component: undefined,
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
