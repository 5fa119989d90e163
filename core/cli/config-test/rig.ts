/**
 * A configuration without the world: its receivers hand on what a test gives them, its exporters remember what they were
 * given, time stands still until it is told to go on; processors, connectors and everything the engine does are the real ones.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CollectorConfig, ComponentConfig, EngineOptions } from '../../config/types.ts'
import { createCollector } from '../../engine/index.ts'
import type { PipelineBalance } from '../../engine/types.ts'
import type { Component, Context, Logger } from '../../kit/index.ts'
import { CollectorError } from '../../kit/errors.ts'
import { fakeClock, seededRandom } from '../../kit/testing.ts'
import type { FakeClock } from '../../kit/testing.ts'
import type { Batch } from '../../model/index.ts'

/** Random numbers are the same in every run. */
const SEED = 1
const STOP_MS = 5_000

export interface ConfigRig {
  readonly clock: FakeClock
  readonly receivers: readonly string[]
  readonly exporters: readonly string[]
  /** Hands a batch to a receiver's pipelines; what becomes of it is seen at the exporters. */
  send(receiver: string, batch: Batch): void
  /** What an exporter was given since it was last asked, one batch a record. */
  take(exporter: string): readonly Batch[]
  /** The same without taking it. */
  look(exporter: string): readonly Batch[]
  setState(exporter: string, state: 'up' | 'down'): void
  balance(): readonly PipelineBalance[]
  stop(): Promise<void>
}

/** Nothing on disk, nothing of other parts; queues and retries stay as configured. */
const alone = (engine: EngineOptions): EngineOptions => ({
  ...engine,
  sendingQueue: engine.sendingQueue && { ...engine.sendingQueue, storage: undefined },
  storage: undefined,
  breaker: undefined,
  deadLetter: undefined,
})

const replaced = (component: ComponentConfig, create: (ctx: Context) => Component): ComponentConfig => ({
  ...component,
  definition: { ...component.definition, requires: [], create: (ctx: never) => create(ctx) },
  engine: alone(component.engine),
})

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const split = (batch: Batch): readonly Batch[] => Array.from({ length: batch.count }, (_, i) => batch.slice(i, i + 1))

export const startRig = async (config: CollectorConfig, startMs: number | undefined): Promise<ConfigRig> => {
  const feeds = new Map<string, Context>()
  const given = new Map<string, Batch[]>()
  const down = new Set<string>()
  const receiver = (component: ComponentConfig): ComponentConfig =>
    replaced(component, (ctx) => {
      feeds.set(component.id, ctx)
      return {}
    })
  const exporter = (component: ComponentConfig): ComponentConfig => {
    const batches: Batch[] = []
    given.set(component.id, batches)
    return replaced(component, () => ({
      consume(batch) {
        if (down.has(component.id))
          throw new CollectorError('unavailable', `${component.id} is down in this test`, { retryable: true })
        batches.push(...split(batch))
      },
    }))
  }
  const mocked = (component: ComponentConfig): ComponentConfig => {
    if (component.kind === 'receiver') return receiver(component)
    if (component.kind === 'exporter') return exporter(component)
    return { ...component, engine: alone(component.engine) }
  }
  const kept = [...config.components].filter(([, { kind }]) => kind !== 'extension')
  const folder = mkdtempSync(join(tmpdir(), 'seneca-test-'))
  const clock = fakeClock(startMs)
  const collector = createCollector(
    {
      ...config,
      components: new Map(kept.map(([key, component]) => [key, mocked(component)])),
      service: { ...config.service, extensions: [], deadLetter: undefined },
    },
    { clock, random: seededRandom(SEED), log: silent, dataDirectory: folder, once: false },
  )
  await collector.start()
  return {
    clock,
    receivers: [...feeds.keys()],
    exporters: [...given.keys()],
    send(id, batch) {
      // A rejected batch is what a real receiver would keep: nothing arrives, and the test says so.
      void feeds
        .get(id)!
        .next(batch)
        .catch(() => {})
    },
    take: (id) => given.get(id)!.splice(0),
    look: (id) => given.get(id)!,
    setState(id, state) {
      if (state === 'down') down.add(id)
      else down.delete(id)
    },
    balance: () => collector.balance(),
    async stop() {
      down.clear()
      const stopping = collector.stop(STOP_MS)
      await clock.advance(STOP_MS)
      await stopping
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
