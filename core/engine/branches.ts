/** The ends of pipelines: exporters behind their queue, directly or live, and connectors with what follows them. */
import type { CollectorConfig, ComponentConfig, SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Kind } from '../kit/plugin.ts'
import { acksOf } from './acks.ts'
import type { Backlog, BacklogEvents } from './backlog.ts'
import type { Branch, DirectBranch } from './branch.ts'
import { connectorFlow, createConnector } from './connector.ts'
import { signalOf, type Core, type Send } from './core.ts'
import { createDeadLetters, type DeadLetters } from './dead-letters.ts'
import { createDirect } from './direct.ts'
import { createDiskBacklog } from './disk-backlog.ts'
import type { Flow } from './flow.ts'
import { createInstance, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createLive } from './live.ts'
import { createMemoryBacklog } from './memory-backlog.ts'
import { createQueue } from './queue.ts'
import { createSender } from './sender.ts'
import { createSinkFlow } from './sink-flow.ts'
import { createSpillBacklog } from './spill-backlog.ts'

export interface BranchParts {
  /** The branch of an exporter or connector, made once. */
  branch(id: string): Branch
  readonly exporters: readonly ExporterPart[]
}

export interface ExporterPart {
  readonly instance: Instance
  readonly flow: Flow
  readonly branch: Branch
  readonly letters: DeadLetters | undefined
}

export interface Joints {
  readonly ledger: (pipeline: string) => Ledger
  readonly entry: (pipeline: string) => Send
  /** A connector was made, after everything it leads to. */
  readonly connector: (made: {
    readonly instance: Instance
    readonly flow: Flow
    readonly branch: DirectBranch
    readonly letters: DeadLetters | undefined
  }) => void
}

export const findComponent = (config: CollectorConfig, id: string, ...kinds: readonly Kind[]): ComponentConfig => {
  for (const kind of kinds) {
    const found = config.components.get(`${kind}/${id}`)
    if (found) return found
  }
  throw new CollectorError('config_invalid', `there is no ${kinds.join(' or ')} '${id}'`)
}

export const using = (config: CollectorConfig, list: 'receivers' | 'exporters', id: string): readonly string[] =>
  config.pipelines.filter((pipeline) => pipeline[list].includes(id)).map((pipeline) => pipeline.id)

const backlogOf = (
  core: Core,
  instance: Instance,
  options: SendingQueueOptions,
  events: BacklogEvents,
  ledgerOf: (pipeline: string) => Ledger,
): Backlog => {
  const { storage } = options
  const memory = createMemoryBacklog(core, instance, options)
  if (!storage) return memory
  const disk = createDiskBacklog({
    core,
    instance,
    options,
    events,
    ledgerOf,
    openLog: (logEvents) => core.storehouse.open('queues', instance.key, storage, logEvents),
  })
  return options.onFull === 'spill' ? createSpillBacklog(memory, disk) : disk
}

export const createBranches = (core: Core, config: CollectorConfig, joints: Joints): BranchParts => {
  const branches = new Map<string, Branch>()
  const exporters: ExporterPart[] = []

  const buildConnector = (component: ComponentConfig): DirectBranch => {
    const feeding = using(config, 'exporters', component.id)
    const outputs = using(config, 'receivers', component.id)
    const instance = createInstance(core, component, [...new Set([...feeding, ...outputs])])
    const ways = new Map(
      outputs.map((pipeline) => [pipeline, { signal: signalOf(core, pipeline), send: joints.entry(pipeline) }]),
    )
    const letters = config.service.deadLetter && createDeadLetters(core, instance, config.service.deadLetter)
    const first = joints.ledger(feeding[0] ?? '')
    const flow = connectorFlow(core, instance, first, ways, { acks: acksOf(config, outputs), letters })
    const branch = createConnector(core, instance, letters)
    joints.connector({ instance, flow, branch, letters })
    return branch
  }
  const buildExporter = (component: ComponentConfig): Branch => {
    const pipelines = using(config, 'exporters', component.id)
    const instance = createInstance(core, component, pipelines)
    const queue = component.engine.sendingQueue
    const first = joints.ledger(pipelines[0] ?? '')
    if (component.definition.delivery === 'best_effort') {
      const flow = createSinkFlow(core, instance, first, undefined)
      const branch = createLive(core, instance)
      exporters.push({ instance, branch, flow, letters: undefined })
      return branch
    }
    const kept = component.engine.deadLetter ?? config.service.deadLetter
    const letters = kept && createDeadLetters(core, instance, kept)
    const flow = createSinkFlow(core, instance, first, letters)
    const sender = createSender({ core, instance, queued: queue !== undefined, letters })
    // Records of a pipeline that is gone are in the books of the first that is left.
    const ledgerOf = (id: string): Ledger => joints.ledger(pipelines.includes(id) ? id : (pipelines[0] ?? ''))
    const branch = queue
      ? createQueue(core, instance, sender, queue, (events) => backlogOf(core, instance, queue, events, ledgerOf))
      : createDirect(instance, sender)
    exporters.push({ instance, branch, flow, letters })
    return branch
  }
  return {
    exporters,
    branch(id) {
      const component = findComponent(config, id, 'exporter', 'connector')
      const key = `${component.kind}/${id}`
      const known = branches.get(key)
      if (known) return known
      const branch = component.kind === 'connector' ? buildConnector(component) : buildExporter(component)
      branches.set(key, branch)
      return branch
    },
  }
}
