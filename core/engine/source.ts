/** A receiver's way into its pipelines: the books of what came in, and the bytes the collector then answers for. */
import type { Priority } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch, Signal } from '../model/types.ts'
import { traced } from './consume.ts'
import { nothing, show, type Core, type Send } from './core.ts'
import { noOutput, noWay, type Flow } from './flow.ts'
import { createGate } from './gate.ts'
import { countFailed, countIn, countOut, type Counts } from './counts.ts'
import { countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { bySignal } from './to-all.ts'

export interface Source {
  readonly flow: Flow
  /** What comes later is refused: the collector is stopping. */
  close(): void
  /** Where it leads from now on. */
  link(to: Outlet): void
  /** What comes now waits until `release`. */
  hold(): void
  release(): void
}

/** A pipeline that begins with the receiver. */
export interface Entry {
  readonly signal: Signal
  readonly ledger: Ledger
  readonly send: Send
}

export interface Outlet {
  readonly entries: readonly Entry[]
  readonly priority: Priority
}

type CountsBySignal = Readonly<Record<Signal, readonly Counts[]>>

const countsBySignal = (instance: Instance, entries: readonly Entry[]): CountsBySignal => {
  const of = (signal: Signal): readonly Counts[] =>
    entries.filter((entry) => entry.signal === signal).map(({ ledger }) => countsOf(instance, ledger.pipeline))
  return { logs: of('logs'), metrics: of('metrics'), traces: of('traces') }
}

const countBack = (count: Counts, batch: Batch): void => {
  count.errors++
  countFailed(count, batch)
}

const createSourceFlow = (instance: Instance, outlet: () => Outlet, next: Flow['next']): Flow => {
  const { key } = instance
  const each = (book: (ledger: Ledger) => void): void => outlet().entries.forEach(({ ledger }) => book(ledger))
  const lose = (ledger: Ledger, n: number, reason: string): void => {
    ledger.receive(n)
    ledger.drop(n, `${key}: ${reason}`)
  }
  return {
    next,
    emit: (batch) => next(batch),
    to: (pipeline) => {
      throw noOutput(key, pipeline)
    },
    filtered: (n, rule) =>
      each((ledger) => {
        ledger.receive(n)
        ledger.filter(n, rule)
      }),
    dropped: (n, reason) => each((ledger) => lose(ledger, n, reason)),
    refused(batch, error) {
      for (const { signal, ledger } of outlet().entries)
        if (signal === batch.signal) lose(ledger, batch.count, error.code)
      instance.trouble('refuses records', error)
    },
    held: (n) =>
      each((ledger) => {
        ledger.receive(n)
        ledger.hold(n)
      }),
    created() {},
  }
}

export const createSource = (core: Core, instance: Instance, atFirst: Outlet): Source => {
  const { key } = instance
  let { entries, priority } = atFirst
  let way = bySignal(entries)
  let counts = countsBySignal(instance, entries)
  let closed: CollectorError | undefined
  /** Holds senders back, each in its turn. */
  const gate = createGate(Number.MAX_SAFE_INTEGER, key)

  const next = async (batch: Batch, signal: AbortSignal = core.hard): Promise<Receipt> => {
    if (closed) throw closed
    if (batch.count === 0) return nothing
    // A source that was closed meanwhile refuses; one that is given up by its caller rejects.
    const turn = gate.enter(signal)
    if (turn) await turn
    gate.leave()
    const send = way(batch.signal)
    if (!send) throw noWay(key, batch.signal)
    const mine = counts[batch.signal]
    core.budget.admit(batch.bytes, priority)
    if (core.taps.size > 0) show(core, key, batch)
    const bytes = core.accounts.take(batch)
    for (const count of mine) countIn(count, batch)
    try {
      const receipt = await traced(core, key, instance.pipelines.join(), batch, () => send(batch, signal))
      for (const count of mine) countOut(count, batch)
      return receipt
    } catch (error) {
      for (const count of mine) countBack(count, batch)
      throw error
    } finally {
      core.accounts.give(bytes)
    }
  }
  return {
    close() {
      closed = new CollectorError('stopping', 'the collector is stopping', { retryable: true })
      gate.close(closed)
    },
    link(to) {
      ;({ entries, priority } = to)
      way = bySignal(entries)
      counts = countsBySignal(instance, entries)
    },
    hold: () => gate.hold(),
    release: () => gate.release(Number.MAX_SAFE_INTEGER),
    flow: createSourceFlow(instance, () => ({ entries, priority }), next),
  }
}
