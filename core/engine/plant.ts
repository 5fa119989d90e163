/**
 * The parts of a collector and how they are joined. `furnish` makes what a configuration names and is not there yet;
 * `link` joins all that it names, at once and without a way to fail. A collector starts with both, and every reload is
 * both again: what a configuration has in common with the one before stays what it is.
 */
import type { CollectorConfig, PipelineConfig, Priority } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import { createExporter, findComponent, giveLetters, using, type ExporterPart } from './branches.ts'
import type { DirectBranch } from './branch.ts'
import { connectorFlow, createConnector, type Outputs } from './connector.ts'
import { signalOf, type Core, type Send } from './core.ts'
import { createFanOut, type FanOut } from './fan-out.ts'
import { flowBeside, type Flow } from './flow.ts'
import { createInstance, type Instance } from './instance.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createSource, type Outlet, type Source } from './source.ts'
import { createStep, type Step } from './step.ts'
import type { Progress } from './step-books.ts'

export interface Part {
  readonly instance: Instance
  readonly flow: Flow
}
/** A processor or connector: what stands between receivers and exporters. */
export interface Station extends Part {
  /** The way in, past the books of what came before. */
  hand(batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt>
  hold(): void
  release(): void
  /** Who is inside will not be heard of again. */
  desert(): void
  /** Nobody is inside. */
  quiet(): Promise<void>
  /** Nobody is inside, and nobody waits. */
  idle(): Promise<void>
  /** What calls brought in is on its way further down, or settled. */
  passed(): Promise<void>
  /** The same of what it holds. */
  empty(): Promise<void>
  readonly progress: Progress
  close(): void
}
export interface StepStation extends Station {
  readonly step: Step
  readonly pipeline: string
}
export interface ConnectorStation extends Station {
  readonly branch: DirectBranch
  link(outputs: Outputs): void
}
export interface ReceiverPart extends Part {
  readonly source: Source
}

/** A pipeline: its books, the way in, and its end. */
export interface Pipe {
  readonly id: string
  readonly ledger: Ledger
  readonly enter: Send
  /** What the way in leads to. */
  head: Send
  /** Processors in order, with those that are gone and may still hand something on. */
  chain: readonly StepStation[]
  readonly fanOut: FanOut
}

export interface Plant {
  readonly pipes: Map<string, Pipe>
  extensions: readonly Part[]
  /** In the order records pass them. */
  stations: readonly Station[]
  exporters: readonly ExporterPart[]
  receivers: readonly ReceiverPart[]
  /** Named by no configuration any more, and not yet empty. */
  leaving: readonly Part[]
  /** Aborts when the next reload has decided anew what leaves. */
  leavingUntil: AbortController
  /** What was leaving, is empty and ends now. */
  readonly ending: Set<Promise<void>>
  /** Whose component is being replaced or removed: settles when it has handed on all it had. Till then nobody comes in. */
  readonly passing: Map<Station, Promise<void>>
  /** Of the pipelines in the configuration, and of those that still have something to settle. */
  readonly ledgers: readonly Ledger[]
}

export const isReceiver = (part: Part): part is ReceiverPart => 'source' in part
export const isExporter = (part: Part): part is ExporterPart => 'former' in part
export const isStation = (part: Part): part is Station => 'hand' in part
export const isExtension = (part: Part): boolean => part.instance.config.kind === 'extension'
export const isStep = (part: Part): part is StepStation => 'step' in part
const isConnector = (part: Part): part is ConnectorStation => 'hand' in part && 'branch' in part

/** The first place of a pipeline: a batch that comes back rejected was never received. */
const entering =
  (ledger: Ledger, send: Send): Send =>
  async (batch, signal) => {
    ledger.receive(batch.count)
    ledger.enter()
    try {
      return await send(batch, signal)
    } catch (error) {
      ledger.receive(-batch.count)
      throw error
    } finally {
      ledger.leave()
    }
  }

const createPipe = (core: Core, { id, signal }: PipelineConfig): Pipe => {
  core.signals.set(id, signal)
  const ledger = createLedger(id)
  const fanOut = createFanOut(core, ledger)
  const pipe: Pipe = {
    id,
    ledger,
    fanOut,
    head: fanOut.send,
    chain: [],
    enter: entering(ledger, (batch, abort) => pipe.head(batch, abort)),
  }
  return pipe
}

export const ledgerIn =
  (plant: Plant) =>
  (pipeline: string): Ledger =>
    pipeIn(plant, pipeline).ledger

const pipeIn = ({ pipes }: Plant, id: string): Pipe => {
  const pipe = pipes.get(id)
  if (!pipe) throw new CollectorError('config_invalid', `there is no pipeline '${id}'`)
  return pipe
}

const outputsOf = (core: Core, plant: Plant, config: CollectorConfig, id: string): Outputs => {
  const outputs = using(config, 'receivers', id)
  const ways = outputs.map((one) => [one, { signal: signalOf(core, one), send: pipeIn(plant, one).enter }] as const)
  return new Map(ways)
}

export const standing = (config: CollectorConfig, id: string): readonly string[] => [
  ...new Set([...using(config, 'exporters', id), ...using(config, 'receivers', id)]),
]

const createConnectorStation = (core: Core, plant: Plant, config: CollectorConfig, id: string): ConnectorStation => {
  const instance = createInstance(core, findComponent(config, id, 'connector'), standing(config, id))
  giveLetters(core, instance, config)
  const first = (): Ledger => ledgerIn(plant)(instance.pipelines[0] ?? '')
  const { flow, link } = connectorFlow(core, instance, first, outputsOf(core, plant, config, id))
  const branch = createConnector(core, instance)
  return {
    instance,
    flow,
    link,
    branch,
    hand: (batch, ledger, signal) => branch.send(batch, ledger, signal),
    hold: () => branch.hold(),
    release: () => branch.release(),
    desert: () => branch.desert(),
    quiet: () => branch.quiet(),
    idle: () => branch.idle(),
    passed: () => branch.quiet(),
    empty: () => branch.quiet(),
    // Its calls are over when what follows has answered.
    progress: { moves: 0, isWaiting: true },
    close: () => branch.close(),
  }
}

const createStepStation = (core: Core, config: CollectorConfig, id: string, pipe: Pipe): StepStation => {
  const instance = createInstance(core, findComponent(config, id, 'processor'), [pipe.id])
  giveLetters(core, instance, config)
  const { ledger } = pipe
  const step = createStep(core, { instance, ledger, signal: signalOf(core, pipe.id) })
  return {
    ...step,
    get clear() {
      return step.clear
    },
    get progress() {
      return step.progress
    },
    step,
    pipeline: pipe.id,
    hand: (batch, _ledger, signal) => step.send(batch, signal),
  }
}

/** Of a receiver that feeds several pipelines, the highest. */
const priorityOf = (config: CollectorConfig, pipelines: readonly string[]): Priority => {
  const all = config.pipelines.filter(({ id }) => pipelines.includes(id)).map(({ priority }) => priority ?? 'normal')
  return all.includes('high') ? 'high' : all.includes('normal') ? 'normal' : 'low'
}

const outletOf = (core: Core, plant: Plant, config: CollectorConfig, pipelines: readonly string[]): Outlet => ({
  entries: pipelines.map((one) => {
    const { ledger, enter } = pipeIn(plant, one)
    return { signal: signalOf(core, one), ledger, send: enter }
  }),
  priority: priorityOf(config, pipelines),
})

const createReceiver = (core: Core, plant: Plant, config: CollectorConfig, id: string): ReceiverPart => {
  const pipelines = using(config, 'receivers', id)
  const instance = createInstance(core, findComponent(config, id, 'receiver'), pipelines)
  const source = createSource(core, instance, outletOf(core, plant, config, pipelines))
  return { instance, flow: source.flow, source }
}

export const receiversOf = ({ pipelines, components }: CollectorConfig): readonly string[] =>
  [...new Set(pipelines.flatMap(({ receivers }) => receivers))].filter((id) => components.has(`receiver/${id}`))

const idsOf = ({ pipelines, components }: CollectorConfig, kind: 'exporter' | 'connector'): readonly string[] =>
  [...new Set(pipelines.flatMap(({ exporters }) => exporters))].filter((id) => components.has(`${kind}/${id}`))

/** What a configuration names and what is not there yet; nothing of it is started or leads anywhere. */
export interface Furniture {
  readonly extensions: readonly Part[]
  readonly stations: readonly Station[]
  readonly exporters: readonly ExporterPart[]
  readonly receivers: readonly ReceiverPart[]
  /** Ids of pipelines. */
  readonly pipes: readonly string[]
}

export const placeOf = (part: Part): string =>
  isStep(part) ? `${part.instance.key}@${part.pipeline}` : part.instance.key

/**
 * Makes what is missing. An exporter or extension that leaves and is named again stays; a processor or connector is made
 * anew, as a call that is under way may have passed it.
 */
export const furnish = (
  core: Core,
  plant: Plant,
  config: CollectorConfig,
  moved: ReadonlySet<string> = new Set(),
): Furniture => {
  const all: readonly Part[] = [
    ...plant.extensions,
    ...plant.stations.filter((station) => !moved.has(placeOf(station))),
    ...plant.exporters,
    ...plant.receivers,
    ...plant.leaving.filter((part) => !isStation(part)),
  ]
  const known = new Set(all.map(placeOf))
  const pipes = config.pipelines.filter(({ id }) => !plant.pipes.has(id))
  for (const pipeline of pipes) plant.pipes.set(pipeline.id, createPipe(core, pipeline))
  const missing = (kind: string, ids: readonly string[]): readonly string[] =>
    ids.filter((id) => !known.has(`${kind}/${id}`))
  const steps = config.pipelines.flatMap(({ id, processors }) =>
    processors
      .filter((one) => !known.has(`processor/${one}@${id}`))
      .map((one) => createStepStation(core, config, one, pipeIn(plant, id))),
  )
  return {
    pipes: pipes.map(({ id }) => id),
    extensions: missing('extension', config.service.extensions).map((id) => ({
      instance: createInstance(core, findComponent(config, id, 'extension'), []),
      flow: flowBeside(core),
    })),
    exporters: missing('exporter', idsOf(config, 'exporter')).map((id) =>
      createExporter(core, config, findComponent(config, id, 'exporter'), ledgerIn(plant)),
    ),
    stations: [
      ...missing('connector', idsOf(config, 'connector')).map((id) => createConnectorStation(core, plant, config, id)),
      ...steps,
    ],
    receivers: missing('receiver', receiversOf(config)).map((id) => createReceiver(core, plant, config, id)),
  }
}

/** Stations in the order records pass them. */
const inOrder = (config: CollectorConfig, stations: readonly Station[]): readonly Station[] => {
  // The last one has the place: who moves away or leaves stands before it.
  const byPlace = new Map(stations.map((station) => [placeOf(station), station]))
  const backwards: Station[] = []
  const visited = new Set<string>()
  const building = new Set<string>()
  const add = (place: string): void => {
    const station = byPlace.get(place)
    if (station) backwards.push(station)
  }
  const visit = (id: string): void => {
    if (building.has(id)) throw new CollectorError('config_invalid', `the pipeline '${id}' feeds itself`)
    if (visited.has(id)) return
    visited.add(id)
    building.add(id)
    const pipeline = config.pipelines.find((one) => one.id === id)
    for (const exporter of pipeline?.exporters ?? []) {
      if (!config.components.has(`connector/${exporter}`) || visited.has(`connector/${exporter}`)) continue
      for (const next of using(config, 'receivers', exporter)) visit(next)
      visited.add(`connector/${exporter}`)
      add(`connector/${exporter}`)
    }
    for (const processor of pipeline?.processors.toReversed() ?? []) add(`processor/${processor}@${id}`)
    building.delete(id)
  }
  for (const { id } of config.pipelines) visit(id)
  return backwards.toReversed()
}

/**
 * A processor that is gone stays in the way while somebody is kept in front of it, or it has something to hand on: so
 * nothing overtakes that. It stands where it stood, and only lets through.
 */
const chainOf = ({ chain: before }: Pipe, steps: readonly StepStation[]): readonly StepStation[] => {
  const chain = [...steps]
  let at = 0
  for (const one of before) {
    const place = chain.indexOf(one)
    if (place !== -1) at = place + 1
    else if (!one.step.clear) chain.splice(at++, 0, one)
  }
  return chain
}

const linkPipe = (plant: Plant, { id, exporters, processors }: PipelineConfig): void => {
  const pipe = pipeIn(plant, id)
  const branches = [...new Set(exporters)].map((one) => {
    const exporter = plant.exporters.find(({ instance }) => instance.key === `exporter/${one}`)
    const connector = plant.stations.filter(isConnector).find(({ instance }) => instance.key === `connector/${one}`)
    const branch = exporter?.branch ?? connector?.branch
    if (!branch) throw new CollectorError('config_invalid', `there is no exporter or connector '${one}'`)
    return branch
  })
  pipe.fanOut.link(branches)
  const steps = processors.map((one) => {
    const step = plant.stations.filter(isStep).find((station) => placeOf(station) === `processor/${one}@${id}`)
    if (!step) throw new CollectorError('config_invalid', `there is no processor '${one}'`)
    return step
  })
  pipe.chain = chainOf(pipe, steps)
  let next: Send = pipe.fanOut.send
  for (const station of pipe.chain.toReversed()) {
    station.step.link(next)
    if (!steps.includes(station)) station.step.retire()
    next = station.step.send
  }
  pipe.head = next
}

/** Joins all that the configuration names, and answers what it does not name any more. */
export const link = (core: Core, plant: Plant, config: CollectorConfig, added: Furniture): readonly Part[] => {
  // What left before may still lead into what leaves now, never the other way round.
  const stations = [...plant.leaving.filter(isStation), ...plant.stations, ...added.stations]
  const exporters = [...plant.exporters, ...plant.leaving.filter(isExporter), ...added.exporters]
  const receivers = [...plant.receivers, ...added.receivers]
  const extensions = [...plant.extensions, ...plant.leaving.filter(isExtension), ...added.extensions]
  const before: readonly Part[] = [...extensions, ...stations, ...exporters, ...receivers]
  const byKey = <P extends Part>(parts: readonly P[], kind: string, ids: readonly string[]): readonly P[] =>
    ids.flatMap((id) => parts.filter(({ instance }) => instance.key === `${kind}/${id}`))
  plant.extensions = byKey(extensions, 'extension', config.service.extensions)
  plant.exporters = byKey(exporters, 'exporter', idsOf(config, 'exporter'))
  plant.receivers = byKey(receivers, 'receiver', receiversOf(config))
  plant.stations = inOrder(config, stations)
  for (const { instance } of plant.exporters) instance.stand(using(config, 'exporters', instance.config.id))
  for (const station of plant.stations.filter(isConnector)) {
    const { id } = station.instance.config
    station.instance.stand(standing(config, id))
    station.link(outputsOf(core, plant, config, id))
  }
  for (const pipeline of config.pipelines) linkPipe(plant, pipeline)
  for (const { instance, source } of plant.receivers) {
    const pipelines = using(config, 'receivers', instance.config.id)
    instance.stand(pipelines)
    source.link(outletOf(core, plant, config, pipelines))
  }
  const named = new Set<Part>([...plant.extensions, ...plant.stations, ...plant.exporters, ...plant.receivers])
  return before.filter((part) => !named.has(part))
}

const isSettled = (ledger: Ledger): boolean => {
  const { held, queued, inFlight } = ledger.balance()
  return held === 0 && queued === 0 && inFlight === 0
}

export const createPlant = (config: () => CollectorConfig): Plant => {
  const pipes = new Map<string, Pipe>()
  return {
    pipes,
    extensions: [],
    stations: [],
    exporters: [],
    receivers: [],
    leaving: [],
    leavingUntil: new AbortController(),
    ending: new Set(),
    passing: new Map(),
    get ledgers() {
      const named = new Set(config().pipelines.map(({ id }) => id))
      return [...pipes.values()].filter(({ id, ledger }) => named.has(id) || !isSettled(ledger)).map((p) => p.ledger)
    },
  }
}
