/**
 * A branch without a queue, of an exporter or a connector: the sender waits for what comes of it. Calls come in order, up
 * to the component's concurrency. While the component is replaced, who is inside and waited for another attempt stays at
 * its place, and goes on with the new one.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import type { DirectBranch } from './branch.ts'
import type { Core } from './core.ts'
import { createGate } from './gate.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { replaced } from './pauses.ts'
import type { Sender } from './sender.ts'
import { createWaiters } from './waiters.ts'

/** Connectors have no breaker, and never try again by themselves. */
type Way = Pick<Sender, 'send'> & Partial<Pick<Sender, 'sendApart' | 'breaker' | 'retire'>>

export const createDirect = (core: Core, instance: Instance, atFirst: Way): DirectBranch => {
  const gate = createGate(concurrencyOf(instance.config), instance.key)
  const releases = createWaiters()
  const quiet = createWaiters()
  let way = atFirst
  let held = false
  /** Calls inside the component, or waiting for its next attempt. */
  let working = 0

  const hand = async (batch: Batch, ledger: Ledger, signal: AbortSignal, again: boolean): Promise<Receipt> => {
    working++
    try {
      // What comes once more has been counted as arrived.
      return await (again ? (way.sendApart ?? way.send) : way.send)(batch, ledger, signal)
    } finally {
      working--
      if (working === 0) quiet.wake()
    }
  }
  return {
    kind: 'direct',
    instance,
    get breaker() {
      return way.breaker
    },
    async send(batch, ledger, signal) {
      const turn = gate.enter(signal)
      if (turn) await turn
      const { generation } = gate
      try {
        for (let again = false; ; again = true) {
          try {
            return await hand(batch, ledger, signal, again)
          } catch (error) {
            if (error !== replaced) throw error
            while (held) await releases.wait(AbortSignal.any([signal, core.hard]))
          }
        }
      } finally {
        gate.leave(generation)
      }
    },
    hold() {
      held = true
      gate.hold()
      way.retire?.()
    },
    quiet: () => (working === 0 ? Promise.resolve() : quiet.wait(core.hard)),
    release(next) {
      way = next ?? way
      held = false
      gate.release(concurrencyOf(instance.config))
      releases.wake()
    },
    desert: () => gate.desert(),
    idle: () => gate.idle(),
    close: () => gate.close(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
  }
}
