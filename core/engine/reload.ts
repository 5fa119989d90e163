/**
 * Goes from one configuration to the next while records keep coming. What is the same in both stays as it is. Of the rest
 * sources whose pipelines change are held, components that end are taken out in the order records flow, the new ones are
 * started against it, everything is joined anew at once, and what waited goes on. When something does not start, what was
 * is put back. What no configuration names any more is emptied in the background, and ends when it is empty.
 */
import type { CollectorConfig, ComponentConfig } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Assembly } from './assembly.ts'
import { using } from './branches.ts'
import type { Life } from './instance.ts'
import { leave } from './leave.ts'
import { movedPlaces } from './moved.ts'
import { comparePlaces, planOf, type Planned } from './plan.ts'
import { furnish, isExporter, isReceiver, isStep, link, type Furniture, type Part } from './plant.ts'
import { failedStart, startPart, type ContextOf } from './start.ts'
import { endLife } from './stop.ts'
import {
  beforeOf,
  holdBranches,
  letGo,
  putBack,
  putIn,
  rearrange,
  replacing,
  takeOut,
  within,
  type Before,
  type Swapping,
} from './swap.ts'
import type { ReloadPlan } from './types.ts'

/** How long a queue that follows another may take to come to its turn. */
const SETTLING_MS = 2_000
/** How long what is under way may take to leave the pipelines that change. */
const QUIET_MS = 250

const RANKS = { extension: 0, exporter: 1, connector: 2, processor: 2, receiver: 3 } as const

/** Pipelines whose chain changes, and those that lead into them: their sources wait, so that no record sees half of both. */
const affected = (after: CollectorConfig, plan: ReloadPlan): ReadonlySet<string> => {
  const found = new Set(plan.pipelines.filter(({ fate }) => fate !== 'kept').map(({ pipeline }) => pipeline))
  for (const { kind, id, pipeline, fate } of plan.components) {
    if (fate === 'kept' || fate === 'adjusted') continue
    if (kind === 'processor' && pipeline !== undefined) found.add(pipeline)
    if (kind === 'connector') for (const one of using(after, 'exporters', id)) found.add(one)
  }
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const { receivers } of after.pipelines.filter(({ id }) => found.has(id)))
      for (const id of receivers.filter((one) => after.components.has(`connector/${one}`)))
        for (const one of using(after, 'exporters', id)) found.add(one)
  }
  return found
}

interface Reload extends Swapping {
  readonly assembly: Assembly
  readonly from: CollectorConfig
  readonly to: CollectorConfig
  readonly added: Furniture
}

/** Done so far, to be undone when something does not start. */
interface Done {
  readonly taken: { readonly part: Part; readonly before: Before }[]
  readonly adjusted: Part[]
  readonly started: Part[]
}

const rankOf = ({ instance }: Part): number => RANKS[instance.config.kind]

const partsOf = ({ extensions, exporters, stations, receivers }: Furniture): readonly Part[] => [
  ...extensions,
  ...exporters,
  // Against the order records flow, as far as it is known before they are joined.
  ...stations.toReversed(),
  ...receivers,
]

const startAll = async (reload: Reload, planned: readonly Planned[], done: Done): Promise<void> => {
  const { core, plant } = reload
  const replaced = new Map<Part, ComponentConfig>(
    planned.flatMap(({ part, config, fate }) => (fate === 'restarted' && config ? [[part, config] as const] : [])),
  )
  const fresh = partsOf(reload.added)
  // Among those of one rank, what is further down first.
  const order = [
    ...plant.extensions,
    ...plant.exporters,
    ...plant.leaving,
    ...plant.stations.toReversed(),
    ...plant.receivers,
  ]
  const all = [...fresh, ...order.filter((part) => replaced.has(part))].toSorted((a, b) => rankOf(a) - rankOf(b))
  for (const part of all) {
    done.started.push(part)
    const config = replaced.get(part)
    try {
      if (config) await putIn(reload, part, config, reload.from, reload.to)
      else await startPart({ core, contextOf: reload.contextOf, config: reload.to, created: () => {} }, part)
    } catch (error) {
      throw failedStart(part.instance, error)
    }
  }
}

const undo = async (reload: Reload, done: Done): Promise<void> => {
  const { core, plant, assembly, added } = reload
  const lives = new Map<Part, Life>(done.started.map((part) => [part, part.instance.life]))
  const fresh = new Set(partsOf(added))
  for (const part of done.started.toReversed()) {
    if (!fresh.has(part)) continue
    await within(core, QUIET_MS, endLife(core, part.instance, part.instance.life, replacing()))
    if (isExporter(part) && part.branch.kind === 'queue') await part.branch.close()
    await part.instance.letters?.close()
  }
  for (const { part, before } of done.taken.toSorted((a, b) => rankOf(a.part) - rankOf(b.part)))
    await putBack(reload, part, {
      before,
      failed: lives.get(part) ?? { ...part.instance.life, component: undefined },
      config: reload.from,
    })
  for (const id of added.pipes) plant.pipes.delete(id)
  assembly.coming.clear()
}

const hold = async (reload: Reload, pipelines: ReadonlySet<string>): Promise<void> => {
  const { core, plant } = reload
  const sources = plant.receivers.filter(({ instance }) => instance.pipelines.some((id) => pipelines.has(id)))
  for (const { source } of [...sources, ...reload.added.receivers]) source.hold()
  if (sources.length === 0) return
  const inside = plant.stations.filter((station) => !isStep(station) || pipelines.has(station.pipeline))
  await within(core, QUIET_MS, Promise.all(inside.map((station) => station.idle())))
}

/** A queue that still follows another takes no third: order is kept where the destination takes what there is. */
const settleQueues = async ({ core }: Reload, planned: readonly Planned[]): Promise<void> => {
  const emptying = planned.flatMap(({ part }) => (isExporter(part) ? [part.emptying] : []))
  await within(core, SETTLING_MS, Promise.all(emptying))
}

/** Before what follows is joined anew; else it leaves afterwards, when it is empty. */
const endsFirst = (part: Part, to: CollectorConfig): boolean =>
  isReceiver(part) || (isStep(part) && to.pipelines.some(({ id }) => id === part.pipeline))

const run = async (reload: Reload, planned: readonly Planned[], plan: ReloadPlan): Promise<void> => {
  const { core, plant, assembly, to, added } = reload
  const done: Done = { taken: [], adjusted: [], started: [] }
  const ends = planned.filter(({ part, fate }) => fate === 'restarted' || (fate === 'removed' && endsFirst(part, to)))
  const adjusted = planned.filter(({ fate }) => fate === 'adjusted')
  try {
    await settleQueues(reload, [...ends, ...adjusted])
    await hold(reload, affected(to, plan))
    for (const { part } of ends.toSorted((a, b) => rankOf(b.part) - rankOf(a.part))) {
      done.taken.push({ part, before: beforeOf(part) })
      await takeOut(reload, part)
    }
    await startAll(reload, planned, done)
    for (const { part, config } of adjusted) await adjust(reload, part, config)
  } catch (error) {
    await undo(reload, done)
    for (const { part } of [...ends, ...adjusted]) letGo(reload, part)
    for (const { source } of plant.receivers) source.release()
    void leave(reload, plant.leaving)
    throw error
  }
  core.current.config = to
  core.current.generation++
  core.current.since = core.env.clock.now()
  const gone = link(core, plant, to, added)
  assembly.coming.clear()
  for (const { part } of [...ends, ...adjusted]) letGo(reload, part)
  // What leaves hands on what it holds before anything new comes, as far as it can at once.
  await within(core, QUIET_MS, leave(reload, gone))
  for (const { source } of plant.receivers) source.release()
}

/** The component stays; what the engine does around it changes. */
const adjust = async (reload: Reload, part: Part, config: ComponentConfig | undefined): Promise<void> => {
  if (!config) return
  const { instance } = part
  const before = instance.config
  if (isExporter(part)) await holdBranches(reload.core, part)
  instance.adopt(config)
  await rearrange(reload, part, before, reload.from, reload.to)
}

/** One at a time. Rejects when something does not start: then what was goes on. */
export const reloadTo = async (assembly: Assembly, contextOf: ContextOf, to: CollectorConfig): Promise<ReloadPlan> => {
  const { core, plant } = assembly
  if (core.hard.aborted) throw new CollectorError('stopping', 'the collector is stopping')
  // What is leaving may be named again: nothing of it ends while that is being decided.
  plant.leavingUntil.abort()
  await within(core, SETTLING_MS, Promise.all(plant.ending))
  const plan = planOf(assembly, to)
  const planned = comparePlaces(assembly, to)
  const added = furnish(core, plant, to, movedPlaces(plant, to))
  for (const part of partsOf(added)) assembly.coming.add(part)
  await run({ assembly, core, plant, contextOf, from: core.current.config, to, added }, planned, plan)
  return plan
}
