/** The ends of pipelines: exporters behind their queue, directly or live, and connectors with what follows them. */
import type { CollectorConfig, ComponentConfig, SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Kind } from '../kit/plugin.ts'
import type { Backlog, BacklogEvents } from './backlog.ts'
import type { Branch } from './branch.ts'
import type { Core } from './core.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createDirect } from './direct.ts'
import { createDiskBacklog } from './disk-backlog.ts'
import type { Flow } from './flow.ts'
import { createInstance, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createLive } from './live.ts'
import { createMemoryBacklog } from './memory-backlog.ts'
import { createQueue } from './queue.ts'
import { createSender, type Sender } from './sender.ts'
import { createSinkFlow } from './sink-flow.ts'
import { createSpillBacklog } from './spill-backlog.ts'

export interface ExporterPart {
  readonly instance: Instance
  readonly flow: Flow
  branch: Branch
  /**
   * Queues of earlier configurations that are being emptied into the same component, the oldest first; the branch's own
   * waits for them. One that was come back to stands here for each time it was left, a fence between them.
   */
  former: readonly Branch[]
  /** Settles when those that are empty are closed. */
  closing: Promise<void>
  /** Settles when all of them are empty and the branch's own has begun. */
  emptying: Promise<void>
  /** Counts when it was held and let go: what belongs to an earlier turn does nothing any more. */
  turn: number
}

/** Each once. */
export const branchesOf = ({ branch, former }: ExporterPart): readonly Branch[] => [...new Set([...former, branch])]

/** The books of a pipeline. */
export type LedgerOf = (pipeline: string) => Ledger

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
  ledgerOf: LedgerOf,
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

/** What letters a component writes by its configuration; none where it is best effort. */
export const lettersOf = (config: CollectorConfig, { kind, engine, definition }: ComponentConfig) => {
  if (kind === 'receiver' || kind === 'extension' || definition.delivery === 'best_effort') return undefined
  return (kind === 'exporter' ? engine.deadLetter : undefined) ?? config.service.deadLetter
}

export const giveLetters = (core: Core, instance: Instance, config: CollectorConfig): void => {
  const wanted = lettersOf(config, instance.config)
  instance.letters = wanted && createDeadLetters(core, instance, wanted)
}

export const senderOf = (core: Core, instance: Instance, queued: boolean): Sender =>
  createSender({ core, instance, queued })

/** The way to an exporter, as its configuration wants it. */
export const branchOf = (core: Core, instance: Instance, ledgerOf: LedgerOf): Branch => {
  const { definition, engine } = instance.config
  if (definition.delivery === 'best_effort') return createLive(core, instance)
  const { sendingQueue } = engine
  const sender = senderOf(core, instance, sendingQueue !== undefined)
  if (!sendingQueue) return createDirect(core, instance, sender)
  // Records of a pipeline that is gone are in the books of the first that is left.
  const known = (id: string): Ledger => ledgerOf(instance.pipelines.includes(id) ? id : (instance.pipelines[0] ?? id))
  return createQueue(core, instance, sender, sendingQueue, (events) =>
    backlogOf(core, instance, sendingQueue, events, known),
  )
}

export const createExporter = (
  core: Core,
  config: CollectorConfig,
  component: ComponentConfig,
  ledgerOf: LedgerOf,
): ExporterPart => {
  const instance = createInstance(core, component, using(config, 'exporters', component.id))
  giveLetters(core, instance, config)
  return {
    instance,
    branch: branchOf(core, instance, ledgerOf),
    former: [],
    closing: Promise.resolve(),
    emptying: Promise.resolve(),
    turn: 0,
    flow: createSinkFlow(core, instance, () => ledgerOf(instance.pipelines[0] ?? '')),
  }
}
