/**
 * The proof: a real collector with a queue on disk between a producer that counts on its acks and a destination that misbehaves.
 * By a seed, faults are thrown at it for a while: kills, freezes, torn ends of files, orderly restarts, reloads, and every mood of
 * the destination. Then all is well again, what is owed is delivered, and the oracle judges.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../http/free-port.ts'
import { deadIds } from './letters.ts'
import { createOracle, type Verdict } from './oracle.ts'
import { startProducer } from './producer.ts'
import { createRandom, type Random } from './random.ts'
import { createSink, moods, type Sink } from './sink.ts'
import { createVictim, onDisk, type Program, type Victim } from './victim.ts'

export const faultNames = [
  'kill',
  'kill and tear',
  'freeze',
  'restart',
  'reload',
  'destination down',
  'destination ill',
] as const
export type FaultName = (typeof faultNames)[number]

export interface ProofOptions {
  readonly seed: number
  /** This collector with its queue on disk by default. */
  readonly program?: Program
  readonly faults: number
  /** Records a second, about. */
  readonly rate: number
  /** Only these; all by default. */
  readonly only?: readonly FaultName[]
  readonly onFault?: (n: number, fault: string) => void
  readonly signal?: AbortSignal
}

export interface Proof extends Verdict {
  readonly seed: number
  readonly faults: Readonly<Record<string, number>>
  readonly starts: number
  readonly seconds: number
  /** Kept when the proof failed. */
  readonly folder: string | undefined
}

const PER_REQUEST = 10
const SENDERS = 4
const PAUSE_LEAST_MS = 20
const PAUSE_MOST_MS = 400
const FREEZE_MS = 700
/** How long what is owed may take to arrive once all is well. */
const SETTLE_MS = 120_000
const POLL_MS = 100

/** What each fault does; the answer is what to call it. */
const createFaults = (
  victim: Victim,
  sink: Sink,
  random: Random,
): Readonly<Record<FaultName, () => Promise<string>>> => ({
  async kill() {
    await victim.kill()
    await victim.start()
    return 'kill'
  },
  async 'kill and tear'() {
    await victim.kill()
    victim.tear(random)
    await victim.start()
    return 'kill and tear'
  },
  async freeze() {
    await victim.freeze(FREEZE_MS)
    return 'freeze'
  },
  async restart() {
    await victim.end()
    await victim.start()
    return 'restart'
  },
  async reload() {
    victim.reload()
    return 'reload'
  },
  async 'destination down'() {
    await sink.close()
    await sleep(random.between(PAUSE_LEAST_MS, PAUSE_MOST_MS))
    await sink.listen()
    return 'destination down'
  },
  async 'destination ill'() {
    sink.mood = random.pick(moods.slice(1))
    return `destination: ${sink.mood}`
  },
})

const throwFaults = async (options: ProofOptions, victim: Victim, sink: Sink): Promise<Record<string, number>> => {
  const random = createRandom(options.seed)
  const faults = createFaults(victim, sink, random)
  const thrown: Record<string, number> = {}
  for (let n = 1; n <= options.faults && options.signal?.aborted !== true; n++) {
    await sleep(random.between(PAUSE_LEAST_MS, PAUSE_MOST_MS))
    const name = await faults[random.pick(options.only ?? faultNames)]()
    thrown[name] = (thrown[name] ?? 0) + 1
    options.onFault?.(n, name)
    // An ill destination stays so until the next fault, with even odds.
    if (random.next() < 0.5) sink.mood = 'up'
  }
  return thrown
}

const settled = async (owed: () => number): Promise<void> => {
  const until = performance.now() + SETTLE_MS
  let [before, since] = [owed(), performance.now()]
  while (owed() > 0 && performance.now() < until) {
    await sleep(POLL_MS)
    if (owed() !== before) [before, since] = [owed(), performance.now()]
    // What is left may sit in dead letters, which are read at the end.
    if (performance.now() - since > SETTLE_MS / 12) return
  }
}

export const prove = async (options: ProofOptions): Promise<Proof> => {
  const began = performance.now()
  const oracle = createOracle()
  const sink = await createSink((id) => oracle.delivered(id))
  const folder = mkdtempSync(join(tmpdir(), 'seneca-proof-'))
  const port = await freePort()
  const victim = createVictim(folder, options.program ?? onDisk, { in: port, out: sink.port })
  try {
    await victim.start()
    const producer = startProducer(oracle, {
      url: () => `http://127.0.0.1:${port}/v1/logs`,
      perRequest: PER_REQUEST,
      senders: SENDERS,
      pauseMs: Math.max(1, (1_000 * PER_REQUEST * SENDERS) / options.rate),
    })
    const faults = await throwFaults(options, victim, sink)
    sink.mood = 'up'
    await sink.listen()
    await victim.start()
    await producer.stop()
    await settled(() => oracle.owed)
    await victim.end()
    for await (const id of deadIds(folder)) oracle.deadLettered(id)
    const verdict = oracle.judge()
    if (verdict.kept) rmSync(folder, { recursive: true, force: true })
    return {
      ...verdict,
      seed: options.seed,
      faults,
      starts: victim.starts,
      seconds: (performance.now() - began) / 1_000,
      folder: verdict.kept ? undefined : folder,
    }
  } finally {
    await victim.kill()
    await sink.close()
  }
}
