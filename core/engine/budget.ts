/**
 * What the whole process may hold, by accounting: bytes of records in memory, bytes of logs on disk. Above a budget
 * receivers are refused for now; as soon as there is room they are taken again. A pipeline's priority decides how much of
 * the budget it may see used: alerts still come in when progress reports have to wait.
 */
import type { LimitOptions, Priority } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Accounts } from './memory.ts'

/** Share of the budget up to which a pipeline of that priority is admitted. */
const SHARES: Readonly<Record<Priority, number>> = { high: 1, normal: 0.9, low: 0.75 }

export interface Budget {
  /** Throws a retryable `memory_limit` when that many bytes more are too many now. */
  admit(bytes: number, priority: Priority): void
  /** Why nothing more may be written to disk now. */
  diskRefusal(): string | undefined
  /** Refused batches, by priority. */
  readonly refused: Readonly<Record<Priority, number>>
}

export const createBudget = (limits: () => LimitOptions, accounts: Accounts, diskBytes: () => number): Budget => {
  const refused: Record<Priority, number> = { high: 0, normal: 0, low: 0 }
  return {
    refused,
    admit(bytes, priority) {
      const { memoryBytes } = limits()
      if (memoryBytes === 0) return
      const used = accounts.accounted()
      // A batch larger than the whole budget comes in when nothing else is inside.
      if (used === 0 || used + bytes <= memoryBytes * SHARES[priority]) return
      refused[priority]++
      const message = `the collector holds ${used} of ${memoryBytes} bytes (service.limits.memory_bytes), which is all that ${priority} priority may use`
      throw new CollectorError('memory_limit', message, { retryable: true })
    },
    diskRefusal() {
      const { diskBytes: most } = limits()
      if (most === 0 || diskBytes() < most) return undefined
      return `service.limits.disk_bytes: ${most}`
    },
  }
}
