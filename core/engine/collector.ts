/** One collector: its parts, its life, and what it tells of itself. */
import type { CollectorConfig } from '../config/types.ts'
import { assemble } from './assembly.ts'
import { graphOf } from './graph.ts'
import { createLifecycle } from './lifecycle.ts'
import { metricsOf } from './metrics.ts'
import { planOf } from './plan.ts'
import { resubmit } from './resubmit.ts'
import { statsOf, statusOf } from './report.ts'
import type { Collector, EngineEnvironment } from './types.ts'

export const createCollector = (config: CollectorConfig, env: EngineEnvironment): Collector => {
  const assembly = assemble(config, env)
  const { core, plant, instances, find, watch, registry, offload } = assembly
  return {
    ...createLifecycle(assembly),
    balance: () => plant.ledgers.map((ledger) => ledger.balance()),
    plan: (next) => planOf(assembly, next),
    get generation() {
      return { number: core.current.generation, since: core.current.since }
    },
    say: (batch) => core.own.say(batch),
    status: () =>
      instances().map((one) => statusOf(one, plant.exporters.find(({ instance }) => instance === one)?.branch)),
    stats: () => statsOf(plant),
    metrics: () => [...metricsOf(plant, core, { watch, threads: offload.running }), ...registry.snapshot()],
    graph: () => graphOf(core.current.config),
    stores: () => core.storehouse.stores,
    resubmit: (component, pipeline, batch) => resubmit(assembly, component, pipeline, batch),
    tap(listener) {
      core.taps.add(listener)
      return () => void core.taps.delete(listener)
    },
    inspect: (component, topic, query) => find(component)?.component?.inspect?.(topic, query),
  }
}
