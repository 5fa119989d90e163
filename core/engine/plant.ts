/**
 * The parts of a collector and how they are joined, built from the configuration, not yet started. Built downstream first:
 * a pipeline knows its branches, a connector the pipelines behind it, a receiver the pipelines that begin with it.
 */
import type { CollectorConfig, ComponentConfig, PipelineConfig } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Kind } from '../kit/plugin.ts'
import type { Branch, DirectBranch } from './branch.ts'
import { connectorFlow, createConnector } from './connector.ts'
import type { Core, Send } from './core.ts'
import { createDirect } from './direct.ts'
import { createFanOut } from './fan-out.ts'
import { noFlow, type Flow } from './flow.ts'
import { createInstance, type Instance } from './instance.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createLive } from './live.ts'
import { createQueue } from './queue.ts'
import { createSender } from './sender.ts'
import { createSinkFlow } from './sink-flow.ts'
import { createSource, type Source } from './source.ts'
import { createStep } from './step.ts'

export interface Part {
  readonly instance: Instance
  readonly flow: Flow
}
/** A processor or connector: what stands between receivers and exporters. */
export interface Station extends Part {
  idle(): Promise<void>
  close(): void
}
export interface Plant {
  readonly ledgers: readonly Ledger[]
  readonly extensions: readonly Part[]
  /** In the order records pass them. */
  readonly stations: readonly Station[]
  readonly exporters: readonly (Part & { readonly branch: Branch })[]
  readonly receivers: readonly (Part & { readonly source: Source })[]
}

export const buildPlant = (core: Core, config: CollectorConfig): Plant => {
  const ledgers = new Map(config.pipelines.map(({ id }) => [id, createLedger(id)]))
  const entries = new Map<string, Send>()
  const branches = new Map<string, Branch>()
  const upstreamLast: Station[] = []
  const exporters: (Part & { readonly branch: Branch })[] = []
  const building = new Set<string>()

  const find = (id: string, ...kinds: readonly Kind[]): ComponentConfig => {
    for (const kind of kinds) {
      const found = config.components.get(`${kind}/${id}`)
      if (found) return found
    }
    throw new CollectorError('config_invalid', `there is no ${kinds.join(' or ')} '${id}'`)
  }
  const ledgerOf = (pipeline: string): Ledger => {
    const ledger = ledgers.get(pipeline)
    if (!ledger) throw new CollectorError('config_invalid', `there is no pipeline '${pipeline}'`)
    return ledger
  }
  const using = (list: 'receivers' | 'exporters', id: string): string[] =>
    config.pipelines.filter((pipeline) => pipeline[list].includes(id)).map((pipeline) => pipeline.id)
  const once = (items: readonly string[]): string[] => [...new Set(items)]

  const buildConnector = (component: ComponentConfig): DirectBranch => {
    const feeding = using('exporters', component.id)
    const outputs = using('receivers', component.id)
    const instance = createInstance(core, component, once([...feeding, ...outputs]))
    const first = ledgerOf(feeding[0] ?? '')
    const sends = new Map(outputs.map((pipeline) => [pipeline, entryOf(pipeline)]))
    const branch = createConnector(core, instance)
    const flow = connectorFlow(core, instance, first, sends)
    upstreamLast.push({ instance, flow, idle: () => branch.idle(), close: () => branch.close() })
    return branch
  }
  const buildExporter = (component: ComponentConfig): Branch => {
    const pipelines = using('exporters', component.id)
    const instance = createInstance(core, component, pipelines)
    const queue = component.engine.sendingQueue
    const sender = createSender(core, instance, queue !== undefined)
    const branch =
      component.definition.delivery === 'best_effort'
        ? createLive(core, instance)
        : queue
          ? createQueue(core, instance, sender, queue)
          : createDirect(instance, sender)
    exporters.push({ instance, flow: createSinkFlow(instance, ledgerOf(pipelines[0] ?? '')), branch })
    return branch
  }
  const branchOf = (id: string): Branch => {
    const component = find(id, 'exporter', 'connector')
    const key = `${component.kind}/${id}`
    const known = branches.get(key)
    if (known) return known
    const branch = component.kind === 'connector' ? buildConnector(component) : buildExporter(component)
    branches.set(key, branch)
    return branch
  }
  const buildPipeline = (pipeline: PipelineConfig): Send => {
    const ledger = ledgerOf(pipeline.id)
    let send = createFanOut(core, ledger, once(pipeline.exporters).map(branchOf))
    for (const id of pipeline.processors.toReversed()) {
      const step = createStep(core, createInstance(core, find(id, 'processor'), [pipeline.id]), ledger, send)
      upstreamLast.push(step)
      send = step.send
    }
    return enter(ledger, send)
  }
  const entryOf = (id: string): Send => {
    const known = entries.get(id)
    if (known) return known
    const pipeline = config.pipelines.find((one) => one.id === id)
    if (!pipeline || building.has(id))
      throw new CollectorError('config_invalid', `the pipeline '${id}' ${pipeline ? 'feeds itself' : 'does not exist'}`)
    building.add(id)
    const send = buildPipeline(pipeline)
    building.delete(id)
    entries.set(id, send)
    return send
  }

  for (const { id } of config.pipelines) entryOf(id)
  const receiverIds = once(config.pipelines.flatMap(({ receivers }) => receivers)).filter((id) =>
    config.components.has(`receiver/${id}`),
  )
  return {
    ledgers: [...ledgers.values()],
    extensions: config.service.extensions.map((id) => ({
      instance: createInstance(core, find(id, 'extension'), []),
      flow: noFlow,
    })),
    stations: upstreamLast.toReversed(),
    exporters,
    receivers: receiverIds.map((id) => {
      const pipelines = using('receivers', id)
      const instance = createInstance(core, find(id, 'receiver'), pipelines)
      const source = createSource(core, instance, pipelines.map(ledgerOf), pipelines.map(entryOf))
      return { instance, flow: source.flow, source }
    }),
  }
}

/** The first place of a pipeline: a batch that comes back rejected was never received. */
const enter =
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
