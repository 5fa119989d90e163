/** An exporter without a queue: the sender waits for the destination. Calls come in order, up to its concurrency. */
import { CollectorError } from '../kit/errors.ts'
import type { DirectBranch } from './branch.ts'
import { createGate } from './gate.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Sender } from './sender.ts'

export const createDirect = (instance: Instance, sender: Sender): DirectBranch => {
  const gate = createGate(concurrencyOf(instance.config), instance.key)
  return {
    kind: 'direct',
    instance,
    get breaker() {
      return sender.breaker
    },
    async send(batch, ledger, signal) {
      const turn = gate.enter(signal)
      if (turn) await turn
      try {
        return await sender.send(batch, ledger, signal)
      } finally {
        gate.leave()
      }
    },
    idle: () => gate.idle(),
    close: () => gate.close(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
  }
}
