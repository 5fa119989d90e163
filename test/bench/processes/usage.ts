/** What a process has used so far, from /proc. Linux only. Source: proc_pid_stat(5), proc_pid_status(5). */
import { readFile } from 'node:fs/promises'

const KIB_PER_MIB = 1_024
const TICKS_PER_SECOND = 100

/** User and system seconds of it and all its threads. */
export const cpuSecondsOf = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** MiB of memory: `VmHWM` is the peak, `VmRSS` what it holds now. 0 when it is gone. */
export const memoryOf = async (pid: number, line: 'VmHWM' | 'VmRSS'): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / KIB_PER_MIB
}

/** Less than this since it was last asked is idling: timers, garbage collection. */
const IDLE_CPU_SECONDS = 0.03
const IDLE_MS = 1_000
const WORKED_CPU_SECONDS = 0.5

/** True when a process that has worked uses no CPU any more: for those that leave nothing to count. */
export const idle = (): ((pid: number) => Promise<boolean>) => {
  let [used, since] = [0, performance.now()]
  return async (pid) => {
    const now = await cpuSecondsOf(pid).catch(() => used)
    if (now > used + IDLE_CPU_SECONDS) [used, since] = [now, performance.now()]
    return used > WORKED_CPU_SECONDS && performance.now() - since > IDLE_MS
  }
}
