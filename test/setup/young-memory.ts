/** What work leaves behind in array buffers: to show that it is gone with the young memory, and not kept for an old collection. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// Memory is given back at once, not by another thread later on.
setFlagsFromString('--no-concurrent-array-buffer-sweeping')
const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void
const held = (): number => process.memoryUsage().arrayBuffers

/** Bytes of array buffers that `work` took and the next collection of young memory did not give back. */
export const leftByYoungCollection = (work: () => void): number => {
  // Else what others left behind would be taken for what is given back.
  collect({ type: 'major' })
  const before = held()
  work()
  collect({ type: 'minor' })
  return held() - before
}
