/**
 * The queue before an exporter. Its size counts what waits and what is being sent, by requests, records or bytes, so it is
 * the most the exporter can hold. A batch larger than the whole queue is taken when the queue is empty (in memory, by
 * `drop_oldest`: cut to its newest records). Where what waits is kept is the backlog's affair: in memory, or on disk.
 *
 * Full: `block` makes the sender wait, `reject` answers a retryable `queue_full`, `drop_oldest` drops the oldest records
 * that are not yet being sent, and counts them; `spill` goes on on disk. Batches leave in order; several are sent at once
 * when the exporter allows, and then may arrive in another.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import type { Ledger } from './ledger.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, BacklogEvents } from './backlog.ts'
import type { QueueBranch } from './branch.ts'
import { compact } from './compact.ts'
import { createConsumers, type Consumers, type Stock } from './consumers.ts'
import type { Core } from './core.ts'
import { cancelled } from './gate.ts'
import { createFullness, type Fullness } from './fullness.ts'
import type { Instance } from './instance.ts'
import type { Sender } from './sender.ts'
import { createOccasion, type Occasion } from './occasion.ts'
import { createWaiters } from './waiters.ts'

/** False where the sender waits. */
const isFull = ({ key }: Instance, onFull: SendingQueueOptions['onFull'], why: string): false => {
  if (onFull === 'block') return false
  throw new CollectorError('queue_full', `the queue of ${key} is full (${why})`, { retryable: true })
}

const append = (
  backlog: Backlog,
  consumers: Consumers,
  { onFull, waitForResult }: Pick<SendingQueueOptions, 'onFull' | 'waitForResult'>,
  batch: Batch,
  ledger: Ledger,
): Promise<Receipt> | undefined => {
  // What is being sent cannot be dropped, so the newcomer's own oldest records are.
  const taken = onFull === 'drop_oldest' ? backlog.cutToFit(batch, ledger) : batch
  if (taken.count === 0) return undefined
  const result = waitForResult ? Promise.withResolvers<Receipt>() : undefined
  const kept = backlog.put(consumers.busy ? compact(taken) : taken, ledger, result)
  consumers.pump()
  if (!kept) return result?.promise
  return kept.then(() => result?.promise ?? { refused: 0 })
}

/** Who has it on a disk may let go of it for a place on a disk, or for the destination's answer. */
const untilKept = ({ onFull, storage, waitForResult }: SendingQueueOptions) => ({
  onFull,
  waitForResult: waitForResult || storage === undefined || onFull === 'spill',
})

/** Room that is promised to batches on their way in. */
const createRoom = (instance: Instance, backlog: Backlog, options: () => SendingQueueOptions, fullness: Fullness) => {
  const waiters = createWaiters()
  let reserved = 0
  return {
    ...waiters,
    /** False where the sender waits. */
    reserve(batch: Batch): boolean {
      const size = backlog.sizeOf(batch)
      const { onFull, queueSize, sizer } = options()
      if (onFull === 'drop_oldest') {
        if (backlog.used + reserved + size > queueSize) fullness.found(`${queueSize} ${sizer}`)
        backlog.makeRoom(Math.min(size, queueSize), reserved)
      }
      const full = backlog.refusal(size, reserved)
      if (full !== undefined) {
        fullness.found(full)
        return isFull(instance, onFull, full)
      }
      reserved += size
      return true
    },
    leave(batch: Batch): void {
      reserved -= backlog.sizeOf(batch)
    },
  }
}

/** What waits, who sends it, and who waits for either; the sender and the options may be replaced. */
const createLine = (
  core: Core,
  instance: Instance,
  firstSender: Sender,
  atFirst: SendingQueueOptions,
  createBacklog: (events: BacklogEvents) => Backlog,
) => {
  let sender = firstSender
  let options = atFirst
  const freed = (): void => {
    fullness.look()
    room.wake()
    emptied.look()
    idled.look()
    passed.look()
  }
  const ready = (): void => {
    consumers.pump()
    passed.look()
  }
  const backlog = createBacklog({ ready, freed })
  const fullness = createFullness(core, instance, backlog, () => options)
  const room = createRoom(instance, backlog, () => options, fullness)
  const stock: Stock = { backlog, unsettled: new Set(), returned: [], turns: 0, ready, freed }
  let consumers = createConsumers(core, instance, sender, options, stock)
  const emptied = createOccasion(() => backlog.used === 0)
  const passed = createOccasion(() => backlog.fences?.passed(stock.unsettled) ?? true)
  /** What is safe on disk need not be waited for while the destination does not take it. */
  const idled = createOccasion(() => backlog.used === 0 || (consumers.waiting && backlog.stored >= backlog.records))
  return {
    backlog,
    room,
    fullness,
    stock,
    emptied,
    idled,
    passed,
    freed,
    get sender() {
      return sender
    },
    get options() {
      return options
    },
    get consumers() {
      return consumers
    },
    abandon(reason: CollectorError): void {
      consumers.abandon(reason)
      backlog.abandon(reason)
      freed()
    },
    replace(next: Sender, wanted: SendingQueueOptions): void {
      // What is on disk is measured in the sizer it was opened with.
      const kept = options.storage ? { ...wanted, sizer: options.sizer } : wanted
      if (wanted !== options) backlog.retune(kept, stock.unsettled)
      sender = next
      options = kept
      consumers = createConsumers(core, instance, sender, options, stock)
      freed()
      consumers.pump()
    },
  }
}

export const createQueue = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
  createBacklog: (events: BacklogEvents) => Backlog,
): QueueBranch => {
  const line = createLine(core, instance, sender, options, createBacklog)
  const { backlog, room, stock, freed } = line
  const abandon = (): void => line.abandon(cancelled(core.hard))
  core.hard.addEventListener('abort', abandon)
  const hurried = (occasion: Occasion) => (): Promise<void> => {
    line.consumers.hurry()
    return occasion.wait()
  }
  return {
    kind: 'queue',
    instance,
    get capacity() {
      return line.options.queueSize
    },
    get size() {
      return backlog.used
    },
    get stored() {
      return backlog.stored
    },
    spills: options.storage !== undefined && options.onFull === 'spill',
    get folder() {
      return backlog.folder
    },
    get breaker() {
      return line.sender.breaker
    },
    open: () => backlog.open(),
    begin: () => line.consumers.pump(),
    halt: () => line.consumers.halt(),
    close() {
      core.hard.removeEventListener('abort', abandon)
      line.fullness.close()
      return backlog.close(stock.unsettled)
    },
    hold: () => line.consumers.retire(),
    quiet: () => line.consumers.quiet(),
    release: (next, wanted) => line.replace(next, wanted ?? line.options),
    reserve: (batch) => room.reserve(batch),
    unreserve(batch) {
      room.leave(batch)
      freed()
    },
    fence: async () => backlog.fences?.set(),
    unfence: () => backlog.fences?.undo(),
    lift: () => backlog.fences?.lift(),
    toFence: hurried(line.passed),
    nudge: () => room.wake(),
    room: (signal) => room.wait(signal),
    append(batch, ledger) {
      room.leave(batch)
      return append(backlog, line.consumers, line.options, batch, ledger)
    },
    async entrust(batch, ledger) {
      room.leave(batch)
      const answer = append(backlog, line.consumers, untilKept(line.options), batch, ledger)
      return (await answer) ?? { refused: batch.count, reason: 'the queue is full' }
    },
    idle: hurried(line.idled),
    empty: hurried(line.emptied),
    left: () => backlog.records,
  }
}
