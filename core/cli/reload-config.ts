/**
 * Reload: reads the configuration again and, when it is valid, lets the running collector go on with it. Otherwise, or when
 * something of it does not start, the old one goes on untouched and the answer says why. SIGHUP, `run --watch` and the
 * control socket all come here, one at a time.
 */
import { renderProblems, type Loaded } from '../config/index.ts'
import type { CollectorConfig } from '../config/types.ts'
import type { ReloadAnswer } from '../control/index.ts'
import type { Collector, PlannedComponent, ReloadPlan } from '../engine/types.ts'
import { event, eventId } from '../events/index.ts'
import type { Logger } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { systemClock } from '../kit/system-clock.ts'
import { logs } from '../model/index.ts'
import { hashOf } from './config-hash.ts'

export interface Reloading {
  readonly collector: Collector
  readonly log: Logger
  /** Reads the configuration anew. */
  readonly load: () => Promise<Loaded>
  /** A configuration has taken effect. */
  readonly accepted: (config: CollectorConfig, hash: string) => void
}

export interface Reloader {
  /** `plan`: say what would be done, and do nothing. Never rejects for what is wrong with the configuration. */
  reload(options: { readonly plan: boolean }): Promise<ReloadAnswer>
}

const isChange = ({ fate }: PlannedComponent): boolean => fate !== 'kept'

const summaryOf = ({ components }: ReloadPlan): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { fate } of components) counts[fate] = (counts[fate] ?? 0) + 1
  return counts
}

/** Names and paths, no values: those may be secret. */
const changed = ({ components, pipelines }: ReloadPlan, hash: string, number: number) => {
  const named = components
    .filter(isChange)
    .map(({ kind, id, pipeline, fate, why }) => [
      `${kind}/${id}${pipeline === undefined ? '' : `@${pipeline}`}`,
      { fate, why },
    ])
  const piped = pipelines
    .filter(({ fate }) => fate !== 'kept')
    .map(({ pipeline, fate }) => [`pipeline/${pipeline}`, { fate }])
  return event({
    type: 'system.config.changed',
    id: eventId('collector', 'system.config.changed', [hash, String(number), String(systemClock.now())]),
    source: 'collector',
    time: systemClock.nanos(),
    data: { what: 'collector', diff: Object.fromEntries([...named, ...piped]) },
  })
}

const refusal = (loaded: Loaded, hash: string, number: number): ReloadAnswer => ({
  applied: false,
  hash,
  generation: number,
  reason: 'the new configuration is not valid; the old one goes on',
  problems: renderProblems(loaded.problems),
})

export const createReloader = ({ collector, log, load, accepted }: Reloading, first: string): Reloader => {
  let hash = first
  let last: Promise<unknown> = Promise.resolve()

  const apply = async (loaded: Loaded, config: CollectorConfig): Promise<ReloadAnswer> => {
    const next = hashOf(loaded)
    const before = collector.plan(config)
    if (next === hash && before.components.every(({ fate }) => fate === 'kept')) {
      log.info('the configuration is the one that runs', { hash })
      return { applied: true, hash, generation: collector.generation.number, plan: before }
    }
    const warnings = loaded.problems.length > 0 ? { problems: renderProblems(loaded.problems) } : {}
    try {
      const plan = await collector.reload(config)
      const { number } = collector.generation
      hash = next
      accepted(config, hash)
      log.info('the new configuration runs', { generation: number, hash, ...summaryOf(plan) })
      if (plan.deferred.length > 0)
        log.warn('some of it takes effect with the next start only', { what: plan.deferred.join(', ') })
      collector.say(logs([changed(plan, hash, number)]))
      return { applied: true, hash, generation: number, plan, ...warnings }
    } catch (thrown) {
      const { message } = CollectorError.from(thrown)
      log.error('the new configuration does not start; the old one goes on', { reason: message })
      return { applied: false, hash, generation: collector.generation.number, reason: message, ...warnings }
    }
  }
  const reload = async ({ plan: only }: { readonly plan: boolean }): Promise<ReloadAnswer> => {
    const loaded = await load()
    const { config } = loaded
    const { number } = collector.generation
    if (config === undefined) {
      if (!only) log.error('the new configuration is not valid; the old one goes on')
      return refusal(loaded, hash, number)
    }
    if (only) return { applied: false, hash: hashOf(loaded), generation: number, plan: collector.plan(config) }
    return apply(loaded, config)
  }
  return {
    reload(options) {
      const next = last.then(() => reload(options))
      last = next.catch(() => {})
      return next
    },
  }
}
