/** A receiver's way into its pipelines: the books of what came in, and the bytes the collector then answers for. */
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import { nothing, show, type Core, type Send } from './core.ts'
import { noOutput, type Acks, type Flow } from './flow.ts'
import { cancelled } from './gate.ts'
import { countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { toAll } from './to-all.ts'

export interface Source {
  readonly flow: Flow
  /** What comes later is refused: the collector is stopping. */
  close(): void
}

export const createSource = (
  core: Core,
  instance: Instance,
  ledgers: readonly Ledger[],
  entries: readonly Send[],
  acks: Acks,
): Source => {
  const { key } = instance
  const send = toAll(entries)
  const counts = ledgers.map((ledger) => countsOf(instance, ledger.pipeline))
  let closed: CollectorError | undefined

  const next = async (batch: Batch, signal: AbortSignal = core.hard): Promise<Receipt> => {
    if (closed) throw closed
    if (batch.count === 0) return nothing
    if (signal.aborted) throw cancelled(signal)
    if (core.taps.size > 0) show(core, key, batch)
    const bytes = core.accounts.take(batch)
    for (const count of counts) count.recordsIn += batch.count
    try {
      const receipt = await send(batch, signal)
      for (const count of counts) count.recordsOut += batch.count
      return receipt
    } catch (error) {
      for (const count of counts) {
        count.errors++
        count.failed += batch.count
      }
      throw error
    } finally {
      core.accounts.give(bytes)
    }
  }
  const each = (book: (ledger: Ledger) => void): void => ledgers.forEach(book)
  const lost = (n: number, reason: string): void =>
    each((ledger) => {
      ledger.receive(n)
      ledger.drop(n, `${key}: ${reason}`)
    })
  return {
    close() {
      closed = new CollectorError('stopping', 'the collector is stopping', { retryable: true })
    },
    flow: {
      acks,
      next,
      emit: (batch) => next(batch),
      to: (pipeline) => {
        throw noOutput(key, pipeline)
      },
      outputs: [],
      filtered: (n, rule) =>
        each((ledger) => {
          ledger.receive(n)
          ledger.filter(n, rule)
        }),
      dropped: lost,
      refused(batch, error) {
        lost(batch.count, error.code)
        instance.trouble('refuses records', error)
      },
      held: (n) =>
        each((ledger) => {
          ledger.receive(n)
          ledger.hold(n)
        }),
      created() {},
    },
  }
}
