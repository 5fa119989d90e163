/**
 * The life of a collector: new → started → draining → stopped; a start that fails stops what had started and rejects.
 * Under `once` it drains by itself when every receiver has ended (or failed), and `done` resolves when all is delivered.
 */
import type { CollectorConfig } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { openStateStorage, type StateStorage } from '../storage/index.ts'
import type { Assembly } from './assembly.ts'
import { createContext } from './context.ts'
import { watchCrashes } from './crashes.ts'
import type { Instance } from './instance.ts'
import { isStep, type Plant } from './plant.ts'
import { reloadTo } from './reload.ts'
import { stateOf } from './report.ts'
import { startAll, type ContextOf } from './start.ts'
import { drain, reportOf, stopInstance, stopRest } from './stop.ts'
import { surroundingsOf } from './surroundings.ts'
import type { ReloadPlan, StopReport } from './types.ts'

export interface Lifecycle {
  start(): Promise<void>
  stop(deadlineMs: number): Promise<StopReport>
  hasten(): void
  reload(config: CollectorConfig): Promise<ReloadPlan>
  readonly done: Promise<void>
}

const stopping = (why: string): CollectorError => new CollectorError('stopping', why, { retryable: true })

/** What runs beside the components, and is let go at the end. */
interface Beside {
  readonly contextOf: ContextOf
  open(): void
  release(): Promise<void>
}

const createBeside = (assembly: Assembly, ended: (instance: Instance) => void): Beside => {
  const { core, find, instances, watch, registry, offload } = assembly
  let storage: StateStorage | undefined
  let unwatch: (() => void) | undefined
  const given = {
    registry,
    offload,
    store: (component: string) => {
      if (!storage) throw new CollectorError('storage_failed', 'the collector is not running, so its storage is closed')
      return storage.scoped(component)
    },
    extension: (id: string) => find(`extension/${id}`),
    ended,
    components: () => instances().map(stateOf),
  }
  return {
    contextOf(part, config) {
      const pipeline = isStep(part) ? part.pipeline : undefined
      return createContext(core, part, surroundingsOf(config, part.instance.config, pipeline), given)
    },
    open() {
      storage = openStateStorage({ directory: core.env.dataDirectory, sync: 'commit' })
      const { movedAside } = storage
      if (movedAside !== undefined)
        core.env.log.warn('the state in the data directory was damaged; it was moved aside and a new one begun', {
          moved_to: movedAside,
        })
      unwatch = watchCrashes()
      watch.start()
    },
    async release() {
      await offload.close()
      storage?.close()
      storage = undefined
      watch.stop()
      unwatch?.()
    },
  }
}

/** Receivers that will bring nothing more; `all` is called once, when that is every one. */
const createEndings = (plant: Plant, all: () => void): ((instance: Instance) => void) => {
  const over = new WeakSet<Instance>()
  return (instance) => {
    over.add(instance)
    if (plant.receivers.every((one) => over.has(one.instance))) all()
  }
}

/** One after the other. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take<T>(fn: () => Promise<T>): Promise<T> {
      const next = last.then(fn)
      last = next.catch(() => {})
      return next
    },
    over: () => last,
  }
}

/** Nobody waits for it: that may be much to read. */
const tellOrphans = async ({ core: { env, storehouse } }: Assembly): Promise<void> => {
  try {
    for (const { component, folder } of await storehouse.orphans())
      env.log.warn(
        `a queue of ${component} holds records that nothing sends: no exporter of that name keeps its queue there`,
        { folder },
      )
  } catch (error) {
    env.log.warn('cannot look for queues that nothing sends', { reason: String(error) })
  }
}

export const createLifecycle = (assembly: Assembly): Lifecycle => {
  const { core, plant, hard } = assembly
  const done = Promise.withResolvers<void>()
  const created: Instance[] = []
  let starting: Promise<void> | undefined
  let running = false
  let draining: Promise<void> | undefined
  let stopped: Promise<StopReport> | undefined
  const turns = createTurns()

  const drainOnce = (): Promise<void> => (draining ??= drain({ core, plant }))
  const ended = createEndings(plant, () => {
    // Everybody may have ended before the last receiver's `start` has returned.
    if (core.env.once) void starting?.then(drainOnce).then(done.resolve, done.resolve)
  })
  // One that has failed brings nothing more either.
  const watchReceivers = (): void => {
    for (const { instance } of plant.receivers) instance.health.whenFailed(() => ended(instance))
  }
  watchReceivers()
  const beside = createBeside(assembly, ended)

  const start = async (): Promise<void> => {
    beside.open()
    const noted = (instance: Instance): void => void created.push(instance)
    try {
      await startAll({ core, contextOf: beside.contextOf, config: core.current.config, created: noted }, plant)
    } catch (error) {
      hard.abort(stopping('the start failed'))
      for (const instance of created.toReversed()) await stopInstance(core, instance)
      await core.storehouse.close()
      await beside.release()
      throw error
    }
    running = true
    void tellOrphans(assembly)
  }
  const reload = async (config: CollectorConfig): Promise<ReloadPlan> => {
    await starting
    if (!running || stopped) throw stopping('the collector is stopping')
    const plan = await reloadTo(assembly, beside.contextOf, config)
    watchReceivers()
    return plan
  }
  const stop = async (deadlineMs: number): Promise<StopReport> => {
    await starting?.catch(() => {})
    const late = (): void => hard.abort(stopping('the shutdown deadline has passed'))
    const cancel = deadlineMs > 0 ? core.env.clock.after(deadlineMs, late) : late()
    await turns.over()
    if (running) {
      await drainOnce()
      await stopRest({ core, plant })
    }
    cancel?.()
    const report = reportOf({ core, plant })
    hard.abort(stopping('the collector has stopped'))
    await beside.release()
    done.resolve()
    return report
  }
  return {
    start: () => (starting ??= start()),
    stop: (deadlineMs) => (stopped ??= stop(deadlineMs)),
    hasten() {
      if (stopped) hard.abort(stopping('the end was hastened'))
    },
    reload: (config) => turns.take(() => reload(config)),
    done: done.promise,
  }
}
