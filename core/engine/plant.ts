/**
 * The parts of a collector and how they are joined, built from the configuration, not yet started. Built downstream first:
 * a pipeline knows its branches, a connector the pipelines behind it, a receiver the pipelines that begin with it.
 */
import type { CollectorConfig, PipelineConfig, Priority } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import { acksOf } from './acks.ts'
import { createBranches, findComponent, using, type ExporterPart } from './branches.ts'
import { signalOf, type Core, type Send } from './core.ts'
import { createDeadLetters, type DeadLetters } from './dead-letters.ts'
import { createFanOut } from './fan-out.ts'
import { flowBeside, type Flow } from './flow.ts'
import { createInstance, type Instance } from './instance.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createSource, type Source } from './source.ts'
import { createStep } from './step.ts'

export interface Part {
  readonly instance: Instance
  readonly flow: Flow
}
/** A processor or connector: what stands between receivers and exporters. */
export interface Station extends Part {
  readonly letters?: DeadLetters | undefined
  /** The way in, past the books of what came before. */
  hand(batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt>
  idle(): Promise<void>
  close(): void
}
export interface Plant {
  readonly ledgers: readonly Ledger[]
  readonly extensions: readonly Part[]
  /** In the order records pass them. */
  readonly stations: readonly Station[]
  readonly exporters: readonly ExporterPart[]
  readonly receivers: readonly (Part & { readonly source: Source })[]
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

interface Pipelines {
  readonly entry: (id: string) => Send
  readonly stations: readonly Station[]
  readonly exporters: Plant['exporters']
}

const buildPipelines = (core: Core, config: CollectorConfig, ledgerOf: (id: string) => Ledger): Pipelines => {
  const entries = new Map<string, Send>()
  const building = new Set<string>()
  /** The last place of the last pipeline first. */
  const backwards: Station[] = []
  const parts = createBranches(core, config, {
    ledger: ledgerOf,
    entry: (id) => entry(id),
    connector: ({ instance, flow, branch, letters }) =>
      void backwards.push({
        instance,
        flow,
        letters,
        hand: (batch, ledger, signal) => branch.send(batch, ledger, signal),
        idle: () => branch.idle(),
        close: () => branch.close(),
      }),
  })
  const build = (pipeline: PipelineConfig): Send => {
    const ledger = ledgerOf(pipeline.id)
    const branches = [...new Set(pipeline.exporters)].map((id) => parts.branch(id))
    const acks = acksOf(config, [pipeline.id])
    let send = createFanOut(core, ledger, branches)
    for (const id of pipeline.processors.toReversed()) {
      const instance = createInstance(core, findComponent(config, id, 'processor'), [pipeline.id])
      const kept = config.service.deadLetter
      const letters = kept && createDeadLetters(core, instance, kept)
      const step = createStep(core, { instance, ledger, signal: pipeline.signal, next: send, acks, letters })
      backwards.push({ ...step, hand: (batch, _ledger, signal) => step.send(batch, signal) })
      send = step.send
    }
    return enter(ledger, send)
  }
  const entry = (id: string): Send => {
    const known = entries.get(id)
    if (known) return known
    const pipeline = config.pipelines.find((one) => one.id === id)
    if (!pipeline) throw new CollectorError('config_invalid', `there is no pipeline '${id}'`)
    if (building.has(id)) throw new CollectorError('config_invalid', `the pipeline '${id}' feeds itself`)
    building.add(id)
    const send = build(pipeline)
    entries.set(id, send)
    return send
  }
  for (const { id } of config.pipelines) entry(id)
  return { entry, stations: backwards.toReversed(), exporters: parts.exporters }
}

/** Of a receiver that feeds several pipelines, the highest. */
const priorityOf = (config: CollectorConfig, pipelines: readonly string[]): Priority => {
  const all = config.pipelines.filter(({ id }) => pipelines.includes(id)).map(({ priority }) => priority ?? 'normal')
  return all.includes('high') ? 'high' : all.includes('normal') ? 'normal' : 'low'
}

export const buildPlant = (core: Core, config: CollectorConfig): Plant => {
  const ledgers = new Map(config.pipelines.map(({ id }) => [id, createLedger(id)]))
  const ledgerOf = (pipeline: string): Ledger => {
    const ledger = ledgers.get(pipeline)
    if (!ledger) throw new CollectorError('config_invalid', `there is no pipeline '${pipeline}'`)
    return ledger
  }
  const { entry, stations, exporters } = buildPipelines(core, config, ledgerOf)
  const receiverIds = [...new Set(config.pipelines.flatMap(({ receivers }) => receivers))].filter((id) =>
    config.components.has(`receiver/${id}`),
  )
  return {
    ledgers: [...ledgers.values()],
    extensions: config.service.extensions.map((id) => ({
      instance: createInstance(core, findComponent(config, id, 'extension'), []),
      flow: flowBeside(core),
    })),
    stations,
    exporters,
    receivers: receiverIds.map((id) => {
      const pipelines = using(config, 'receivers', id)
      const instance = createInstance(core, findComponent(config, id, 'receiver'), pipelines)
      const acks = acksOf(config, pipelines)
      const entries = pipelines.map((one) => ({
        signal: signalOf(core, one),
        ledger: ledgerOf(one),
        send: entry(one),
      }))
      const source = createSource(core, instance, entries, { acks, priority: priorityOf(config, pipelines) })
      return { instance, flow: source.flow, source }
    }),
  }
}
