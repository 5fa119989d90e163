/** What no configuration names any more: it hands on what it has, in the background, and ends when it is empty. */
import type { Branch } from './branch.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'
import { isExporter, isExtension, isStation, type Part, type Plant, type Station } from './plant.ts'
import { branchesOf, type ExporterPart } from './branches.ts'
import { endLife } from './stop.ts'
import { replacing } from './swap.ts'

interface Leaving {
  readonly core: Core
  readonly plant: Plant
}

/** False when a later configuration names it again, or the collector stops: then it is not ended here. */
const mayEnd = ({ core, plant }: Leaving, part: Part, until: AbortSignal): boolean => {
  if (until.aborted || core.hard.aborted) return false
  plant.leaving = plant.leaving.filter((one) => one !== part)
  return true
}

const end = async ({ core }: Leaving, part: Part): Promise<void> => {
  const { instance } = part
  await endLife(core, instance, instance.life, replacing())
  instance.health.observe('stopped')
  forget(instance)
}

/** Known to the next reload, which waits for it: what comes may need the same file or port. */
const noted = async ({ plant }: Leaving, ending: Promise<void>): Promise<void> => {
  plant.ending.add(ending)
  await ending.finally(() => plant.ending.delete(ending))
}

const forget = (instance: Instance): void => {
  void instance.letters?.close().catch(() => {})
}

const close = async (branch: Branch): Promise<void> => {
  if (branch.kind === 'direct') branch.close()
  if (branch.kind !== 'queue') return
  branch.halt()
  await branch.close()
}

const leaveExporter = async (leaving: Leaving, part: ExporterPart, until: AbortSignal): Promise<void> => {
  const all = branchesOf(part)
  await Promise.all(all.map((branch) => (branch.kind === 'queue' ? branch.empty() : branch.idle())))
  if (!mayEnd(leaving, part, until)) return
  const ending = async (): Promise<void> => {
    for (const branch of all) await close(branch)
    await end(leaving, part)
  }
  await noted(leaving, ending())
}

const leaveStation = async (leaving: Leaving, part: Station, until: AbortSignal): Promise<void> => {
  await leaving.plant.passing.get(part)
  await part.idle()
  if (!mayEnd(leaving, part, until)) return
  part.close()
  await noted(leaving, end(leaving, part))
}

/**
 * Stations in the order records flow, then exporters, then extensions; a receiver has ended before. Resolves when the
 * stations have handed on what they had.
 */
export const leave = async (leaving: Leaving, parts: readonly Part[]): Promise<void> => {
  const stations = parts.filter(isStation)
  const exporters = parts.filter(isExporter)
  const extensions = parts.filter(isExtension)
  for (const { instance } of parts) if (instance.config.kind === 'receiver') forget(instance)
  const { plant } = leaving
  plant.leavingUntil.abort()
  plant.leavingUntil = new AbortController()
  const { signal } = plant.leavingUntil
  plant.leaving = [...stations, ...exporters, ...extensions]
  const stationsLeft = async (): Promise<void> => {
    for (const station of stations) await leaveStation(leaving, station, signal)
  }
  const left = stationsLeft()
  const all = async (): Promise<void> => {
    await left
    await Promise.all(exporters.map((exporter) => leaveExporter(leaving, exporter, signal)))
    for (const part of extensions) if (mayEnd(leaving, part, signal)) await noted(leaving, end(leaving, part))
  }
  void all().catch((error: unknown) => {
    leaving.core.env.log.error('what was removed could not end in order', { reason: String(error) })
  })
  await left
}
