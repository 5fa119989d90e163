/** What a reload would do, found by comparing the configuration that runs with the next one. Changes nothing. */
import type { CollectorConfig, ComponentConfig, EngineOptions } from '../config/types.ts'
import type { Assembly } from './assembly.ts'
import { branchesOf, findComponent, lettersOf } from './branches.ts'
import { differences } from './differences.ts'
import { movedPlaces } from './moved.ts'
import { isExporter, isStation, isStep, placeOf, receiversOf, type Part } from './plant.ts'
import { surroundingsDiffer } from './surroundings.ts'
import type { PipelineChange, PlannedComponent, ReloadPlan } from './types.ts'

/** A place and the configuration that is to be in it; undefined = none. */
export interface Planned {
  readonly part: Part
  readonly config: ComponentConfig | undefined
  readonly fate: 'kept' | 'adjusted' | 'restarted' | 'removed'
  readonly why: readonly string[]
}

/** What the engine does around a component can change while the component stays. */
const adjustable = ({ storage: _storage, ...rest }: EngineOptions): Omit<EngineOptions, 'storage'> => rest

const storagesOf = (config: CollectorConfig, component: ComponentConfig): readonly (string | undefined)[] => [
  component.engine.storage,
  component.engine.sendingQueue?.storage?.extension,
  lettersOf(config, component)?.storage.extension,
]

const isNamed = (config: CollectorConfig, part: Part): ComponentConfig | undefined => {
  const { kind, id } = part.instance.config
  const pipeline = isStep(part) ? part.pipeline : undefined
  const named =
    kind === 'extension'
      ? config.service.extensions.includes(id)
      : kind === 'receiver'
        ? receiversOf(config).includes(id)
        : kind === 'processor'
          ? config.pipelines.some((one) => one.id === pipeline && one.processors.includes(id))
          : config.pipelines.some(({ exporters }) => exporters.includes(id))
  return named && config.components.has(`${kind}/${id}`) ? findComponent(config, id, kind) : undefined
}

const compare = (before: CollectorConfig, after: CollectorConfig, part: Part): Planned => {
  const { instance } = part
  const config = isNamed(after, part)
  if (!config) return { part, config, fate: 'removed', why: [] }
  const old = instance.config
  const pipeline = instance.pipelines[0]
  const why = [
    ...(old.definition === config.definition ? [] : ['its plugin']),
    ...differences(old.options, config.options),
    ...differences(old.engine.storage, config.engine.storage).map(() => 'storage'),
    ...surroundingsDiffer(before, after, old, pipeline),
    ...(instance.health.state === 'failed' ? ['it has failed'] : []),
  ]
  if (why.length > 0) return { part, config, fate: 'restarted', why }
  const around = [
    ...differences(adjustable(old.engine), adjustable(config.engine)),
    ...differences(lettersOf(before, old), lettersOf(after, config)).map(() => 'dead_letter'),
  ]
  const fate = around.length > 0 ? 'adjusted' : 'kept'
  return { part, config, fate, why: around }
}

/** Who uses an extension that ends, ends with it. */
const withUsers = ({ core }: Assembly, after: CollectorConfig, planned: readonly Planned[]): readonly Planned[] => {
  const ending = new Set(
    planned.flatMap(({ part, fate }) =>
      part.instance.config.kind === 'extension' && fate === 'restarted' ? [part.instance.config.id] : [],
    ),
  )
  if (ending.size === 0) return planned
  return planned.map((one) => {
    const { part, config, fate } = one
    if (!config || fate === 'restarted') return one
    const used = [...ending].filter(
      (id) => core.uses.get(id)?.has(part.instance.key) || storagesOf(after, config).includes(id),
    )
    return used.length === 0 ? one : { ...one, fate: 'restarted', why: used.map((id) => `the extension ${id}`) }
  })
}

export const comparePlaces = (assembly: Assembly, after: CollectorConfig): readonly Planned[] => {
  const { plant, core } = assembly
  const before = core.current.config
  const parts: readonly Part[] = [
    ...plant.extensions,
    ...plant.receivers,
    ...plant.stations,
    ...plant.exporters,
    ...plant.leaving.filter((part) => !isStation(part)),
  ]
  const moved = movedPlaces(plant, after)
  const all = parts
    .map((part): Planned =>
      moved.has(placeOf(part)) && isNamed(after, part)
        ? { part, config: undefined, fate: 'removed', why: ['its place in the pipeline'] }
        : compare(before, after, part),
    )
    .filter(({ part, fate }) => fate !== 'removed' || !plant.leaving.includes(part as never))
  return withUsers(assembly, after, all)
}

/** A queue on disk is handed on as it is: what it was opened with stays. */
const deferredOfQueue = (before: CollectorConfig, after: CollectorConfig, key: string): readonly string[] => {
  const [old, next] = [before, after].map(({ components }) => components.get(key)?.engine.sendingQueue)
  if (old?.storage === undefined || next?.storage === undefined) return []
  const { extension } = next.storage
  const [opened, wanted] = [before, after].map(({ components }) => components.get(`extension/${extension}`)?.options)
  const isOther = opened !== undefined && wanted !== undefined && differences(opened, wanted).length > 0
  return [
    ...(old.sizer === next.sizer ? [] : [`${key}.sending_queue.sizer`]),
    ...(isOther ? [`what extension/${extension} says of ${key}.sending_queue`] : []),
  ]
}

/** What only a new process can take up. */
const deferredOf = (before: CollectorConfig, after: CollectorConfig): readonly string[] => [
  ...differences(before.service.telemetry, after.service.telemetry).map((path) => `service.telemetry (${path})`),
  ...(before.service.workerPoolSize === after.service.workerPoolSize ? [] : ['service.worker_pool_size']),
  ...[...after.components.keys()].flatMap((key) => deferredOfQueue(before, after, key)),
]

const pipelineChanges = ({ plant }: Assembly, before: CollectorConfig, after: CollectorConfig): PipelineChange[] => {
  const ids = new Set([...before.pipelines, ...after.pipelines].map(({ id }) => id))
  return [...ids].map((id) => {
    const [old, next] = [before, after].map(({ pipelines }) => pipelines.find((one) => one.id === id))
    const { inFlight = 0, queued = 0, held = 0 } = plant.pipes.get(id)?.ledger.balance() ?? {}
    const why = old && next ? differences({ ...old }, { ...next }) : []
    const fate = !old ? 'added' : !next ? 'removed' : why.length > 0 ? 'changed' : 'kept'
    return { pipeline: id, fate, why, in_flight: inFlight, queued, held }
  })
}

const addedOf = (after: CollectorConfig, planned: readonly Planned[]): readonly PlannedComponent[] => {
  const known = new Set(planned.map(({ part }) => placeOf(part)))
  const added = (kind: PlannedComponent['kind'], id: string, pipeline?: string): PlannedComponent[] =>
    known.has(pipeline === undefined ? `${kind}/${id}` : `${kind}/${id}@${pipeline}`)
      ? []
      : [{ kind, id, ...(pipeline !== undefined && { pipeline }), fate: 'added', why: [] }]
  const ends = new Set(after.pipelines.flatMap(({ exporters }) => exporters))
  return [
    ...after.service.extensions.flatMap((id) => added('extension', id)),
    ...receiversOf(after).flatMap((id) => added('receiver', id)),
    ...after.pipelines.flatMap(({ id, processors }) => processors.flatMap((one) => added('processor', one, id))),
    ...[...ends].flatMap((id) => added(after.components.has(`exporter/${id}`) ? 'exporter' : 'connector', id)),
  ]
}

const told = ({ part, fate: planned, why }: Planned): PlannedComponent => {
  // It comes back at another place of its pipeline.
  const fate = planned === 'removed' && why.length > 0 ? 'restarted' : planned
  const { config, pipelines } = part.instance
  const branches = isExporter(part) ? branchesOf(part) : []
  const queues = branches.flatMap((branch) => (branch.kind === 'direct' ? [] : [branch.left()]))
  const queued = queues.length === 0 ? undefined : queues.reduce((sum, n) => sum + n, 0)
  return {
    kind: config.kind,
    id: config.id,
    ...(config.kind === 'processor' && { pipeline: pipelines[0] ?? '' }),
    fate: fate === 'removed' && queued !== undefined && queued > 0 ? 'drained' : fate,
    why,
    ...(queued !== undefined && { queued }),
  }
}

export const planOf = (assembly: Assembly, after: CollectorConfig): ReloadPlan => {
  const before = assembly.core.current.config
  const planned = comparePlaces(assembly, after)
  return {
    components: [...planned.map(told), ...addedOf(after, planned)],
    pipelines: pipelineChanges(assembly, before, after),
    deferred: deferredOf(before, after),
  }
}
