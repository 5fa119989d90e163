/**
 * Writes in groups, one after another: while one is written, what comes meanwhile gathers into the next. A group that fails
 * rejects those whose events were in it.
 */
import type { Appended, EventBackend, EventRow } from './types.ts'

/** Events of one write. */
const GROUP_MAX = 1_000

export const createGroupWriter = (backend: EventBackend) => {
  interface Waiting {
    readonly rows: readonly EventRow[]
    readonly done: PromiseWithResolvers<Appended>
  }
  let queue: Waiting[] = []
  let waiting = 0
  let running: Promise<void> | undefined

  const writeGroup = async (group: readonly Waiting[]): Promise<void> => {
    const rows = group.flatMap((each) => each.rows)
    try {
      const { added, duplicates } = await backend.append(rows)
      // Which of them were duplicates is the backend's; a group answers as a whole.
      for (const { rows: own, done } of group)
        done.resolve(group.length === 1 ? { added, duplicates } : { added: own.length, duplicates: 0 })
    } catch (error) {
      for (const { done } of group) done.reject(error as Error)
    }
    waiting -= rows.length
  }
  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      const group: Waiting[] = []
      for (let n = 0; queue.length > 0 && n < GROUP_MAX; n += group.at(-1)!.rows.length) group.push(queue.shift()!)
      await writeGroup(group)
    }
    running = undefined
  }
  return {
    get waiting() {
      return waiting
    },
    append(rows: readonly EventRow[]): Promise<Appended> {
      const done = Promise.withResolvers<Appended>()
      waiting += rows.length
      queue.push({ rows, done })
      running ??= run()
      return done.promise
    },
    idle: async (): Promise<void> => running,
  }
}
