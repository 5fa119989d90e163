/** The processes that service files name: one that was seen alive and is gone has ended. A pid never seen tells nothing. */
import { isAlive } from '../discovery.ts'

const PIDS_MAX = 1_000

export const watchProcesses = (): ((pids: readonly number[]) => number[]) => {
  const alive = new Set<number>()
  return (pids) => {
    for (const pid of pids) if (alive.size < PIDS_MAX && !alive.has(pid) && isAlive(pid)) alive.add(pid)
    const gone = [...alive].filter((pid) => !isAlive(pid))
    for (const pid of gone) alive.delete(pid)
    return gone
  }
}
