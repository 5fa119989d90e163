/**
 * Stops in the order records flow. Receivers first: nothing new comes in. Then each processor and connector, as soon as
 * nobody inside works (or after a moment), flushes what it holds into what follows, which still runs. Then the queues
 * drain, exporters stop, extensions last. When the deadline passes, everything still waited for is given up.
 */
import { CollectorError } from '../kit/errors.ts'
import type { Branch } from './branch.ts'
import { branchesOf, type ExporterPart } from './branches.ts'
import type { Core } from './core.ts'
import type { Instance, Life } from './instance.ts'
import { isExporter, isExtension, isStation, type Plant, type Station } from './plant.ts'
import type { StopReport } from './types.ts'

/** How long a processor with open calls may go on before it is told to flush: its calls may wait for just that. */
const QUIET_MS = 250

export interface Stopping {
  readonly core: Core
  readonly plant: Plant
}

/** Resolves when the promise settles or the deadline passes, whatever comes first. */
const untilDeadline = (core: Core, promise: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      core.hard.removeEventListener('abort', done)
      resolve()
    }
    if (core.hard.aborted) done()
    core.hard.addEventListener('abort', done)
    promise.then(done, done)
  })

const ends = new WeakMap<Life, Promise<void>>()

/** Ends a component, once; of a receiver what it does is given up first. Never rejects. */
export const endLife = (core: Core, instance: Instance, life: Life, reason: CollectorError): Promise<void> => {
  const ending = ends.get(life) ?? end(core, instance, life, reason)
  ends.set(life, ending)
  return ending
}

const end = async (
  core: Core,
  { key, config }: Instance,
  { component, controller, clock }: Life,
  reason: CollectorError,
): Promise<void> => {
  if (config.kind === 'receiver') controller.abort(reason)
  if (component) {
    const stopped = core.guard
      .run(key, () => component.stop?.(core.hard))
      .catch((error: unknown) => {
        core.env.log.warn(`${key}: failed while stopping`, { reason: CollectorError.from(error).message })
      })
    await untilDeadline(core, stopped)
  }
  controller.abort(reason)
  clock.cancelAll()
}

export const stopInstance = async (core: Core, instance: Instance): Promise<void> => {
  const reason = new CollectorError('stopping', 'the collector is stopping', { retryable: true })
  await endLife(core, instance, instance.life, reason)
  instance.health.observe('stopped')
}

const stationsOf = (plant: Plant): readonly Station[] => [...plant.leaving.filter(isStation), ...plant.stations]

const exportersOf = (plant: Plant): readonly ExporterPart[] => [...plant.exporters, ...plant.leaving.filter(isExporter)]

/** Everything that was taken in is delivered, or the deadline has passed. */
export const drain = async ({ core, plant }: Stopping): Promise<void> => {
  await Promise.all(
    plant.receivers.map(async ({ instance, source }) => {
      await stopInstance(core, instance)
      source.close()
    }),
  )
  await untilDeadline(core, Promise.all(plant.passing.values()))
  for (const station of stationsOf(plant)) {
    let cancel = (): void => {}
    const quiet = new Promise<void>((resolve) => (cancel = core.env.clock.after(QUIET_MS, resolve)))
    await untilDeadline(core, Promise.race([station.idle(), quiet]))
    cancel()
    station.close()
    await stopInstance(core, station.instance)
  }
  const branches = exportersOf(plant).flatMap(branchesOf)
  await untilDeadline(core, Promise.all(branches.map((branch) => branch.idle())))
}

/** After `drain`. */
export const stopRest = async ({ core, plant }: Stopping): Promise<void> => {
  const exporters = exportersOf(plant)
  await untilDeadline(core, Promise.all(plant.ending))
  await Promise.all(
    exporters.map((part) => {
      for (const branch of branchesOf(part)) {
        if (branch.kind === 'direct') branch.close()
        if (branch.kind === 'queue') branch.halt()
      }
      return stopInstance(core, part.instance)
    }),
  )
  for (const branch of exporters.flatMap(branchesOf)) if (branch.kind === 'queue') await branch.close()
  await core.storehouse.close()
  const extensions = [...plant.leaving.filter(isExtension), ...plant.extensions.toReversed()]
  for (const { instance } of extensions) await stopInstance(core, instance)
}

export const reportOf = ({ plant }: Stopping): StopReport => {
  const counted = (count: (branch: Branch) => number): (readonly [string, number])[] =>
    exportersOf(plant).flatMap((part) => {
      const records = branchesOf(part).reduce((sum, branch) => sum + count(branch), 0)
      return records > 0 ? [[part.instance.config.id, records] as const] : []
    })
  const storedBy = (branch: Branch): number => (branch.kind === 'queue' ? branch.stored : 0)
  const left = counted((branch) => (branch.kind === 'direct' ? 0 : branch.left() - storedBy(branch)))
  const moving = plant.ledgers.some((ledger) => {
    const { inFlight, held } = ledger.balance()
    return inFlight > 0 || held > 0
  })
  return {
    drained: left.length === 0 && !moving,
    left: Object.fromEntries(left),
    stored: Object.fromEntries(counted(storedBy)),
  }
}
