/** All parts of one collector, joined and not yet alive. */
import type { CollectorConfig } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { nodeDisk } from '../storage/index.ts'
import { createRegistry, type Registry } from '../telemetry/registry.ts'
import { createBudget } from './budget.ts'
import type { Core } from './core.ts'
import { createGuard } from './guard.ts'
import type { Instance } from './instance.ts'
import { createLoopWatch, type LoopWatch } from './loop-watch.ts'
import { createAccounts } from './memory.ts'
import { createOffload, type OffloadHost } from './offload.ts'
import { createOwnEvents } from '../kit/own-events.ts'
import { createPlant, furnish, link, type Part, type Plant } from './plant.ts'
import { createStorehouse } from './storehouse.ts'
import type { EngineEnvironment } from './types.ts'

export interface Assembly {
  readonly core: Core
  readonly hard: AbortController
  readonly plant: Plant
  /** What a reload has made and not joined yet. */
  readonly coming: Set<Part>
  /** All that run, and those that are leaving. */
  readonly instances: () => readonly Instance[]
  /** Of a processor in several pipelines, the first answers to its name. */
  readonly find: (key: string) => Instance | undefined
  readonly watch: LoopWatch
  readonly registry: Registry
  readonly offload: OffloadHost
}

export const assemble = (config: CollectorConfig, env: EngineEnvironment): Assembly => {
  const hard = new AbortController()
  const current = { config, generation: env.generation ?? 1, since: env.clock.now() }
  const watch = createLoopWatch(env.log)
  const guard = createGuard({
    blocked: (key, ms) => watch.blocked(key, ms),
    failed(key, thrown) {
      const { message } = CollectorError.from(thrown)
      find(key)?.health.observe('failed', message)
      env.log.error(`${key} crashed; the rest runs`, { reason: message })
    },
  })
  const accounts = createAccounts()
  const storehouse = createStorehouse(env, env.disk ?? nodeDisk, (id) => find(`extension/${id}`)?.component?.face ?? {})
  const budget = createBudget(
    () => current.config.service.limits,
    accounts,
    () => storehouse.bytes,
  )
  const core: Core = {
    env,
    guard,
    accounts,
    budget,
    storehouse,
    signals: new Map(),
    hard: hard.signal,
    own: createOwnEvents(),
    uses: new Map(),
    current,
    taps: new Set(),
  }
  const plant = createPlant(() => current.config)
  // An extension on its way in is asked for its face before it is one of the plant's.
  const coming = new Set<Part>()
  const instances = (): readonly Instance[] =>
    [...plant.extensions, ...plant.receivers, ...plant.stations, ...plant.exporters, ...plant.leaving, ...coming].map(
      ({ instance }) => instance,
    )
  const find = (key: string): Instance | undefined => instances().find((one) => one.key === key)
  link(core, plant, config, furnish(core, plant, config))
  const offload = createOffload(config.service.workerPoolSize)
  return { core, hard, plant, coming, instances, find, watch, registry: createRegistry(), offload }
}
