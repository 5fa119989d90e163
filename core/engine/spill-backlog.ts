/**
 * A memory queue that goes on on disk when it is full. Older batches are in memory, younger ones on disk, until the disk is
 * empty again: so order is kept. What is in memory when the collector stops goes to disk too; a kill -9 loses it, as it
 * loses any memory queue.
 */
import type { Backlog, Item } from './backlog.ts'
import type { Fences } from './fences.ts'

/** What is in memory stood there before any of them. */
const fencesOf = (memory: Backlog, behind: Fences): Fences => ({
  get count() {
    return behind.count
  },
  set: () => behind.set(),
  undo: () => behind.undo(),
  lift: () => behind.lift(),
  passed: (unsettled) => memory.used === 0 && behind.passed(unsettled),
})

export const createSpillBacklog = (memory: Backlog, disk: Backlog): Backlog => {
  let writing = 0
  const behind = disk.fences
  const put: Backlog['put'] = (batch, ledger, result) => {
    const overflows =
      disk.used > 0 || writing > 0 || (behind?.count ?? 0) > 0 || memory.refusal(memory.sizeOf(batch), 0) !== undefined
    if (!overflows) return memory.put(batch, ledger, result)
    writing++
    return disk.put(batch, ledger, result)?.finally(() => void writing--)
  }
  const of = (item: Item): Backlog => (item.seq === undefined ? memory : disk)
  /** From memory to disk; what cannot be written stays where it is and is reported as left. */
  const save = async (item: Item): Promise<void> => {
    const { batch, ledger } = item
    ledger.enter()
    ledger.queue(-batch.count)
    try {
      await disk.put(batch, ledger, undefined)
      memory.forget(item)
    } catch {
      ledger.queue(batch.count)
    } finally {
      ledger.leave()
    }
  }
  return {
    ...(behind && { fences: fencesOf(memory, behind) }),
    get used() {
      return memory.used + disk.used
    },
    get records() {
      return memory.records + disk.records
    },
    get stored() {
      return disk.records
    },
    get folder() {
      return disk.folder
    },
    sizeOf: (batch) => memory.sizeOf(batch),
    refusal(size, reserved) {
      return memory.refusal(size, reserved) === undefined ? undefined : disk.refusal(size, reserved)
    },
    put,
    take: () => memory.take() ?? disk.take(),
    forget: (item) => of(item).forget(item),
    makeRoom() {},
    cutToFit: (batch) => batch,
    retune(options, unsettled) {
      const items = [...unsettled]
      memory.retune(
        options,
        items.filter(({ seq }) => seq === undefined),
      )
      disk.retune(options, [])
    },
    abandon(reason) {
      memory.abandon(reason)
      disk.abandon(reason)
    },
    open: () => disk.open(),
    async close(unsettled) {
      for (const item of unsettled) if (item.seq === undefined && !item.result) await save(item)
      for (let item = memory.take(); item; item = memory.take()) if (!item.result) await save(item)
      await disk.close([])
    },
  }
}
