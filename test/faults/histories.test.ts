/**
 * Random histories of one exporter with its queue on disk: batches come, the destination answers, fails, refuses or is slow,
 * the disk runs full or fails to sync, the collector is stopped, killed or loses its power, in any order. At the end, when all is well again, every
 * acknowledged record was delivered or is a dead letter, nothing appeared that nobody sent, and at every moment the books
 * were right. Everything runs on a fake clock and a fake disk, so a seed is a history: SENECA_SEED=123 plays one again,
 * SENECA_RUNS=50000 looks longer.
 */
import { describe, expect, it } from 'vitest'
import { createBudget } from '../../core/engine/budget.ts'
import { createDeadLetters, decodeLetter } from '../../core/engine/dead-letters.ts'
import { createDiskBacklog } from '../../core/engine/disk-backlog.ts'
import { createGuard } from '../../core/engine/guard.ts'
import type { Core } from '../../core/engine/core.ts'
import { createInstance } from '../../core/engine/instance.ts'
import { createLedger } from '../../core/engine/ledger.ts'
import { createAccounts } from '../../core/engine/memory.ts'
import { createQueue } from '../../core/engine/queue.ts'
import { createSender } from '../../core/engine/sender.ts'
import { createOwnEvents } from '../../core/kit/own-events.ts'
import { CollectorError, PartialError, type Batch } from '../../core/kit/index.ts'
import { fakeClock, seededRandom, type FakeClock } from '../../core/kit/testing.ts'
import { openLog, readWaiting, type DiskLog, type LogEvents } from '../../core/storage/index.ts'
import { fakeDisk, type FakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, queueOf, type ComponentOptions } from './parts.ts'
import { events, idsOf } from './rig.ts'

const RUNS = Number(process.env['SENECA_RUNS'] ?? 1_000)
const ONLY = process.env['SENECA_SEED']

type Mood = 'takes' | 'down' | 'refuses' | 'partly' | 'slow'

/** What outlives the collector's lives. */
interface World {
  readonly random: () => number
  readonly clock: FakeClock
  disk: FakeDisk
  mood: Mood
  readonly sent: Set<string>
  readonly acked: Set<string>
  readonly delivered: string[]
}

interface Life {
  send(batch: Batch): void
  check(): void
  readonly log: { readonly letters: DiskLog | undefined; readonly folder: string }
  /** Nothing waits any more. */
  readonly empty: boolean
  /** In order; what is left stays on disk. */
  stop(): Promise<void>
  end(): void
}

const exporterOf = (world: World, shape: Shape) =>
  component(
    'exporter',
    'out',
    () => ({
      async consume(batch) {
        const { mood, random, clock } = world
        if (mood === 'slow') await clock.sleep(random() * 400)
        if (mood === 'down') throw new CollectorError('unavailable', 'down', { retryable: true })
        if (mood === 'refuses') throw new CollectorError('rejected', '400')
        if (mood === 'partly') {
          world.delivered.push(...idsOf(batch).slice(1))
          throw new PartialError('the first is wrong', [0])
        }
        world.delivered.push(...idsOf(batch))
      },
    }),
    { concurrency: shape.consumers, engine: shape.engine },
  )

interface Shape {
  readonly consumers: number
  readonly engine: NonNullable<ComponentOptions['engine']>
}

const shapeOf = (random: () => number): Shape => {
  const consumers = 1 + Math.floor(random() * 4)
  const joined = { sizer: 'items' as const, minSize: 6, maxSize: random() < 0.5 ? 4 : 0, flushTimeoutMs: 50 }
  return {
    consumers,
    engine: {
      retry: { maxAttempts: random() < 0.5 ? 0 : 3, initialIntervalMs: 50, multiplier: 2, maxIntervalMs: 400 },
      breaker: random() < 0.3 ? { failures: 2, openForMs: 300 } : undefined,
      sendingQueue: queueOf({
        numConsumers: consumers,
        orderBy: random() < 0.3 ? 'task' : undefined,
        queueSize: 30,
        onFull: 'reject',
        waitForResult: random() < 0.2,
        storage: { extension: undefined },
        batch: random() < 0.3 ? joined : undefined,
      }),
    },
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const live = async (world: World, shape: Shape): Promise<Life> => {
  const { clock, random, disk } = world
  const hard = new AbortController()
  const accounts = createAccounts()
  const guard = createGuard({ blocked() {}, failed() {} })
  const env = { clock, random, log: quiet, dataDirectory: '/', once: false }
  const logs: DiskLog[] = []
  const open = async (kind: string, name: string, events: LogEvents): Promise<DiskLog> => {
    const log = await openLog({
      folder: `/${kind}/${encodeURIComponent(name)}`,
      disk,
      clock,
      sync: 'commit',
      segmentBytes: 1_500,
      events,
    })
    logs.push(log)
    return log
  }
  const storehouse: Core['storehouse'] = {
    disk,
    stores: [],
    bytes: 0,
    orphans: async () => [],
    seal() {},
    open: (kind, name, _place, events) => open(kind, name, events),
    folderOf: (kind, name) => `/${kind}/${encodeURIComponent(name)}`,
    release: (log) => log.close(),
    close: async () => {},
  }
  const core: Core = {
    env,
    guard,
    accounts,
    storehouse,
    budget: createBudget(
      () => ({ memoryBytes: 0, diskBytes: 0 }),
      accounts,
      () => 0,
    ),
    signals: new Map([['logs', 'logs']]),
    hard: hard.signal,
    own: createOwnEvents(),
    uses: new Map(),
    current: { config: undefined as never, generation: 1, since: 0 },
    taps: new Set(),
  }
  const config = exporterOf(world, shape)
  const instance = createInstance(core, config, ['logs'])
  const ledger = createLedger('logs')
  const letters = createDeadLetters(core, instance, { storage: { extension: undefined }, maxBytes: 0 })
  instance.letters = letters
  const sender = createSender({ core, instance, queued: true })
  const options = config.engine.sendingQueue ?? queueOf()
  const queue = createQueue(core, instance, sender, options, (events) =>
    createDiskBacklog({
      core,
      instance,
      options,
      events,
      ledgerOf: () => ledger,
      openLog: (logEvents) => open('queues', instance.key, logEvents),
    }),
  )
  await letters.open()
  await queue.open()
  instance.life.component = await config.definition.create({} as never, {} as never)
  queue.begin()
  let alive = true
  const hand = async (batch: Batch): Promise<void> => {
    ledger.receive(batch.count)
    ledger.enter()
    try {
      queue.reserve(batch)
      await queue.append(batch, ledger)
      // An answer that comes after the end of the process is no answer.
      if (alive) for (const id of idsOf(batch)) world.acked.add(id)
    } catch {
      ledger.receive(-batch.count)
    } finally {
      ledger.leave()
    }
  }
  return {
    send(batch) {
      for (const id of idsOf(batch)) world.sent.add(id)
      void hand(batch)
    },
    check() {
      expect(ledger.balance()).toMatchObject({ balanced: true })
    },
    log: {
      get letters() {
        return letters.log
      },
      folder: `/dead_letters/${encodeURIComponent('exporter/out')}`,
    },
    get empty() {
      return queue.size === 0
    },
    async stop() {
      hard.abort(new CollectorError('stopping', 'stopped', { retryable: true }))
      queue.halt()
      await queue.close()
      for (const log of logs) await log.close()
      alive = false
    },
    end() {
      alive = false
      hard.abort(new CollectorError('stopping', 'killed', { retryable: true }))
    },
  }
}

const MOODS: readonly Mood[] = ['takes', 'takes', 'down', 'down', 'slow', 'partly', 'refuses']

/** One thing that happens; a new life when the old one ended. */
const step = async (world: World, life: Life, shape: Shape): Promise<Life> => {
  const { random, clock, disk } = world
  const luck = random()
  if (luck < 0.55) life.send(events(1 + Math.floor(random() * 8)))
  else if (luck < 0.7) world.mood = MOODS[Math.floor(random() * MOODS.length)] ?? 'takes'
  else if (luck < 0.75) disk.capacity = random() < 0.5 ? disk.names().length * 100 : Infinity
  else if (luck < 0.8) disk.failingSyncs = 1 + Math.floor(random() * 2)
  else if (luck < 0.88) {
    life.end()
    world.disk = random() < 0.5 ? disk.kill() : disk.powerCut(random)
    return live(world, shape)
  } else if (luck < 0.92) {
    await life.stop()
    return live(world, shape)
  }
  await (random() < 0.6 ? clock.settle() : clock.advance(random() * 500))
  return life
}

const play = async (seed: number): Promise<World> => {
  const random = seededRandom(seed)
  const world: World = {
    random,
    clock: fakeClock(),
    disk: fakeDisk(),
    mood: 'takes',
    sent: new Set(),
    acked: new Set(),
    delivered: [],
  }
  const shape = shapeOf(random)
  let life = await live(world, shape)
  for (let i = 0; i < 25; i++) {
    life = await step(world, life, shape)
    life.check()
  }
  world.mood = 'takes'
  world.disk.capacity = Infinity
  world.disk.failingSyncs = 0
  for (let i = 0; i < 40 && !(i > 3 && life.empty); i++) {
    await world.clock.advance(200)
    life.check()
  }
  expect([seed, life.empty]).toEqual([seed, true])
  for await (const letter of readWaiting(world.disk, life.log.folder))
    world.delivered.push(...idsOf(decodeLetter(letter).batch))
  life.end()
  return world
}

describe('a queue on disk', () => {
  it(`keeps its promises in ${RUNS} random histories of failures`, async () => {
    const seeds = ONLY === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(ONLY)]
    let [acked, delivered] = [0, 0]
    for (const seed of seeds) {
      const world = await play(seed)
      const there = new Set(world.delivered)
      expect([seed, [...world.acked].filter((id) => !there.has(id))]).toEqual([seed, []])
      expect([seed, world.delivered.filter((id) => !world.sent.has(id))]).toEqual([seed, []])
      acked += world.acked.size
      delivered += world.delivered.length
    }
    // Nothing would be shown by histories in which nothing happened.
    expect(acked).toBeGreaterThan(seeds.length * 5)
    expect(delivered).toBeGreaterThanOrEqual(acked)
  }, 300_000)
})
