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
import { buildPlant, type Plant } from './plant.ts'
import { createStorehouse } from './storehouse.ts'
import type { EngineEnvironment } from './types.ts'

export interface Assembly {
  readonly config: CollectorConfig
  readonly core: Core
  readonly hard: AbortController
  readonly plant: Plant
  readonly instances: readonly Instance[]
  readonly byKey: ReadonlyMap<string, Instance>
  readonly watch: LoopWatch
  readonly registry: Registry
  readonly offload: OffloadHost
}

export const assemble = (config: CollectorConfig, env: EngineEnvironment): Assembly => {
  const hard = new AbortController()
  const byKey = new Map<string, Instance>()
  const watch = createLoopWatch(env.log)
  const guard = createGuard({
    blocked: (key, ms) => watch.blocked(key, ms),
    failed(key, thrown) {
      const { message } = CollectorError.from(thrown)
      byKey.get(key)?.health.observe('failed', message)
      env.log.error(`${key} crashed; the rest runs`, { reason: message })
    },
  })
  const signals = new Map(config.pipelines.map(({ id, signal }) => [id, signal]))
  const accounts = createAccounts()
  const storehouse = createStorehouse(
    env,
    env.disk ?? nodeDisk,
    (id) => byKey.get(`extension/${id}`)?.component?.face ?? {},
  )
  const budget = createBudget(config.service.limits, accounts, () => storehouse.bytes)
  const core: Core = {
    env,
    guard,
    accounts,
    budget,
    storehouse,
    signals,
    hard: hard.signal,
    own: createOwnEvents(),
    taps: new Set(),
  }
  const plant = buildPlant(core, config)
  const instances = [...plant.extensions, ...plant.receivers, ...plant.stations, ...plant.exporters].map(
    ({ instance }) => instance,
  )
  // Of a processor in several pipelines, the first answers to its name.
  for (const instance of instances) if (!byKey.has(instance.key)) byKey.set(instance.key, instance)
  const offload = createOffload(config.service.workerPoolSize)
  return { config, core, hard, plant, instances, byKey, watch, registry: createRegistry(), offload }
}
