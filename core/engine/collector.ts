/**
 * One running collector. Life: new → started → draining → stopped; a start that fails stops what had started and rejects.
 * Under `once` it drains by itself when every receiver has ended (or failed), and `done` resolves when all is delivered.
 */
import type { CollectorConfig } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { openStateStorage, type StateStorage } from '../storage/index.ts'
import { createRegistry } from '../telemetry/registry.ts'
import { createContext } from './context.ts'
import type { Core } from './core.ts'
import { watchCrashes } from './crashes.ts'
import { graphOf } from './graph.ts'
import { createGuard } from './guard.ts'
import type { Instance } from './instance.ts'
import { createLoopWatch } from './loop-watch.ts'
import { createAccounts } from './memory.ts'
import { metricsOf } from './metrics.ts'
import { createOffload } from './offload.ts'
import { buildPlant, type Part, type Plant } from './plant.ts'
import { startAll } from './start.ts'
import { stateOf, statsOf, statusOf } from './report.ts'
import { drain, reportOf, stopInstance, stopRest } from './stop.ts'
import type { Collector, EngineEnvironment, StopReport } from './types.ts'

const instancesOf = (plant: Plant): readonly Instance[] =>
  [...plant.extensions, ...plant.receivers, ...plant.stations, ...plant.exporters].map(({ instance }) => instance)

/** Receivers that will bring nothing more; `all` is called once, when that is every one. */
const endings = (plant: Plant, all: () => void): ((instance: Instance) => void) => {
  const open = new Set(plant.receivers.map(({ instance }) => instance))
  return (instance) => {
    if (open.delete(instance) && open.size === 0) all()
  }
}

export const createCollector = (config: CollectorConfig, env: EngineEnvironment): Collector => {
  const hard = new AbortController()
  const byKey = new Map<string, Instance>()
  const watch = createLoopWatch(env.log)
  const guard = createGuard({
    blocked: (key, ms) => watch.blocked(key, ms),
    failed(key, thrown) {
      const instance = byKey.get(key)
      const error = CollectorError.from(thrown)
      instance?.health.observe('failed', error.message)
      env.log.error(`${key} crashed; the rest runs`, { reason: error.message })
    },
  })
  const core: Core = { env, guard, accounts: createAccounts(), hard: hard.signal, taps: new Set() }
  const plant = buildPlant(core, config)
  const instances = instancesOf(plant)
  for (const instance of instances) byKey.set(instance.key, instance)
  const registry = createRegistry()
  const offload = createOffload(config.service.workerPoolSize)
  const done = Promise.withResolvers<void>()
  const created: Instance[] = []
  const stopping = { core, plant }
  let storage: StateStorage | undefined
  let unwatch = (): void => {}
  let starting: Promise<void> | undefined
  let draining: Promise<void> | undefined
  let stopped: Promise<StopReport> | undefined

  const drainOnce = (): Promise<void> => (draining ??= drain(stopping))
  const ended = endings(plant, () => {
    // Everybody may have ended before the last receiver's `start` has returned.
    if (env.once) void starting?.then(drainOnce).then(done.resolve, done.resolve)
  })
  const surroundings = {
    registry,
    offload,
    store: (component: string) => {
      if (!storage) throw new CollectorError('storage_failed', 'the collector is not running, so its storage is closed')
      return storage.scoped(component)
    },
    folder: config.folder,
    extensions: new Map(plant.extensions.map(({ instance }) => [instance.config.id, instance])),
    ended,
    components: () => instances.map(stateOf),
  }
  const release = async (): Promise<void> => {
    await offload.close()
    storage?.close()
    storage = undefined
    watch.stop()
    unwatch()
  }
  const start = async (): Promise<void> => {
    storage = openStateStorage({ directory: env.dataDirectory, sync: 'commit' })
    if (storage.movedAside !== undefined)
      env.log.warn('the state in the data directory was damaged; it was moved aside and a new one begun', {
        moved_to: storage.movedAside,
      })
    unwatch = watchCrashes()
    watch.start()
    try {
      const contextOf = (part: Part) => createContext(core, part.instance, part.flow, surroundings)
      await startAll({ core, contextOf, created: (instance) => void created.push(instance) }, plant)
    } catch (error) {
      hard.abort(new CollectorError('stopping', 'the start failed', { retryable: true }))
      for (const instance of created.toReversed()) await stopInstance(core, instance)
      await release()
      throw error
    }
    for (const { instance } of plant.receivers) if (!instance.component) ended(instance)
  }
  const stop = async (deadlineMs: number): Promise<StopReport> => {
    await starting?.catch(() => {})
    const late = (): void =>
      hard.abort(new CollectorError('stopping', 'the shutdown deadline has passed', { retryable: true }))
    const cancel = deadlineMs <= 0 ? late() : env.clock.after(deadlineMs, late)
    if (starting) {
      await drainOnce()
      await stopRest(stopping)
    }
    cancel?.()
    const report = reportOf(stopping)
    hard.abort(new CollectorError('stopping', 'the collector has stopped', { retryable: true }))
    await release()
    done.resolve()
    return report
  }

  return {
    start: () => (starting ??= start()),
    stop: (deadlineMs) => (stopped ??= stop(deadlineMs)),
    done: done.promise,
    balance: () => plant.ledgers.map((ledger) => ledger.balance()),
    status: () => instances.map(statusOf),
    stats: () => statsOf(plant),
    metrics: () => [...metricsOf(plant, core, { watch, threads: offload.running }), ...registry.snapshot()],
    graph: () => graphOf(config),
    tap(listener) {
      core.taps.add(listener)
      return () => void core.taps.delete(listener)
    },
    inspect: (component, topic, query) => byKey.get(component)?.component?.inspect?.(topic, query),
  }
}
