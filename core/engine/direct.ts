/**
 * A branch without a queue, of an exporter or a connector: the sender waits for what comes of it. Calls come in order, up
 * to the component's concurrency.
 */
import { CollectorError } from '../kit/errors.ts'
import type { DirectBranch } from './branch.ts'
import { createGate } from './gate.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Sender } from './sender.ts'

/** Connectors have no breaker. */
type Way = Pick<Sender, 'send'> & Partial<Pick<Sender, 'breaker'>>

export const createDirect = (instance: Instance, way: Way): DirectBranch => {
  const gate = createGate(concurrencyOf(instance.config), instance.key)
  return {
    kind: 'direct',
    instance,
    get breaker() {
      return way.breaker
    },
    async send(batch, ledger, signal) {
      const turn = gate.enter(signal)
      if (turn) await turn
      try {
        return await way.send(batch, ledger, signal)
      } finally {
        gate.leave()
      }
    },
    idle: () => gate.idle(),
    close: () => gate.close(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
  }
}
