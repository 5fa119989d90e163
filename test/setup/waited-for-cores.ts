/**
 * How long the threads of a process stood ready while others had the cores, in ms since they began: what a delay owes to the
 * neighbours. All threads count, also those that waited beside one another. 0 where the system does not say (it is Linux
 * that does), so that a bound on the rest is then one on the whole.
 */
import { readdirSync, readFileSync } from 'node:fs'

const NANOS_A_MS = 1e6

/** The second figure of `schedstat`: nanoseconds ready and not running. */
const waitedNanos = (path: string): number => Number(readFileSync(path, 'utf8').split(' ')[1])

export const waitedForCores = (pid: number | 'self' = 'self'): number => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, one) => sum + waitedNanos(`/proc/${pid}/task/${one}/schedstat`), 0) / NANOS_A_MS
  } catch {
    return 0
  }
}
