/**
 * A queue on disk. An entry is appended and synced before its sender hears of it; when its turn is near it is read back.
 * While the exporter keeps up nothing is read: the batch that was just appended is sent from memory.
 *
 * It holds whole batches: `drop_oldest` drops whole ones. What it held when it was opened is received anew by the books of
 * the pipeline it came from.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { decode } from '../model/index.ts'
import type { Batch, Signal } from '../model/types.ts'
import { frameBytes, type DiskLog, type Frame, type LogEvents } from '../storage/index.ts'
import { createDiskAilments } from './ailment.ts'
import type { Backlog, BacklogEvents, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createFences, type NumberedFences } from './fences.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { loseOldest } from './memory-backlog.ts'
import { createReadAhead, type ReadAhead } from './read-ahead.ts'
import { createOccasion, type Occasion } from './occasion.ts'

export interface DiskBacklogParts {
  readonly core: Core
  readonly instance: Instance
  readonly options: SendingQueueOptions
  readonly events: BacklogEvents
  /** The books of a pipeline, also of one that is gone. */
  readonly ledgerOf: (pipeline: string) => Ledger
  readonly openLog: (events: LogEvents) => Promise<DiskLog>
}

interface Waiting {
  readonly result: PromiseWithResolvers<Receipt>
  readonly ledger: Ledger
  readonly size: number
  readonly records: number
}

interface State extends Omit<DiskBacklogParts, 'options'> {
  options: SendingQueueOptions
  readonly ahead: ReadAhead
  /** Who waits for the answer to an entry that was not taken yet. */
  readonly results: Map<number, Waiting>
  readonly fences: NumberedFences
  /** Nothing is being written. */
  readonly written: Occasion
  /** What its disk does not do now. */
  readonly ailments: ReturnType<typeof createDiskAilments>
  log: DiskLog | undefined
  writing: number
  used: number
  records: number
}

/** What a pipeline carried, by its id alone: it may be gone. */
export const signalOfPipeline = (pipeline: string): Signal => pipeline.split('/', 1)[0] as Signal

const sizeOf = ({ options }: State, frames: number, records: number, bytes: number): number =>
  ({ requests: frames, items: records, bytes })[options.sizer]

/** The item of what was read back; undefined when it cannot be understood, and is given up by name. */
const itemOf = (state: State, frame: Frame, bytes: number): Item | undefined => {
  const { core, instance, results } = state
  const { seq, meta, records } = frame
  const ledger = state.ledgerOf(meta)
  const size = sizeOf(state, 1, records, frame.bytes)
  const result = results.get(seq)?.result
  results.delete(seq)
  try {
    const batch: Batch = decode(signalOfPipeline(meta), 'stored', frame.payload)
    return { batch, ledger, size, bytes, result, seq }
  } catch (thrown) {
    const error = CollectorError.from(thrown)
    core.accounts.give(bytes)
    state.used -= size
    state.records -= records
    ledger.queue(-records)
    ledger.drop(records, `${instance.key}: ${error.code}`)
    instance.trouble('has entries in its queue that cannot be read', error)
    result?.resolve({ refused: records, reason: error.message })
    state.log?.done(seq)
    return undefined
  }
}

const take = (state: State): Item | undefined => {
  while (!state.fences.closed) {
    const one = state.ahead.take()
    if (!one) return undefined
    const item = one.item ?? itemOf(state, one.frame, one.bytes)
    if (item) return item
  }
  return undefined
}

const forget = (state: State, item: Item): void => {
  state.core.accounts.give(item.bytes)
  state.used -= item.size
  state.records -= item.batch.count
  if (item.seq !== undefined) state.log?.done(item.seq)
}

/** Under `drop_oldest`: until it fits, as far as what is at hand goes. */
const trim = (state: State): void => {
  const { options, ahead, instance } = state
  while (options.onFull === 'drop_oldest' && state.used > options.queueSize && ahead.length > 0) {
    const oldest = take(state)
    if (!oldest) return
    const { batch, ledger, result } = oldest
    ledger.queue(-batch.count)
    loseOldest(instance, batch, ledger)
    forget(state, oldest)
    result?.resolve({ refused: batch.count, reason: 'the queue was full' })
  }
}

const put = async (state: State, batch: Batch, ledger: Ledger, result: Item['result']): Promise<void> => {
  const { core, instance, events, log, ahead, results } = state
  if (!log) throw new CollectorError('storage_failed', `the queue of ${instance.key} is not open`, { retryable: true })
  const payload = batch.encode('stored')
  const meta = ledger.pipeline
  const records = batch.count
  const size = sizeOf(state, 1, records, frameBytes(meta, payload))
  state.used += size
  const committed = (seq: number, next: boolean): boolean => {
    state.records += records
    ledger.queue(records)
    if (next && ahead.hasRoom) {
      ahead.push({ batch, ledger, size, bytes: core.accounts.take(batch), result, seq })
      return true
    }
    if (result) results.set(seq, { result, ledger, size, records })
    return false
  }
  state.writing++
  try {
    await log.append({ meta, records, payload, committed })
  } catch (error) {
    state.used -= size
    events.freed()
    const failure = CollectorError.from(error, 'storage_failed')
    if (failure.code === 'storage_failed') state.ailments.ailing('cannot keep batches', failure)
    else instance.trouble('cannot keep a batch', failure)
    throw error
  } finally {
    state.writing--
    state.written.look()
  }
  state.ailments.ailing('cannot keep batches', undefined)
  trim(state)
  events.ready()
}

/** Says what the log was found to be. */
const tellOpening = ({ core, instance }: State, { opening, folder }: DiskLog, records: number): void => {
  const { damaged, torn } = opening
  if (records > 0) core.env.log.info(`${instance.key}: ${records} records wait on disk from before`, { folder })
  if (torn > 0) core.env.log.info(`${instance.key}: the unfinished end of its queue was cut off`, { bytes: torn })
  if (damaged > 0)
    instance.trouble(
      'damaged bytes in its queue were set aside',
      new CollectorError('storage_failed', `${damaged} bytes in ${folder}; see seneca-collector buffer ls`),
    )
}

const open = async (state: State): Promise<void> => {
  const { instance, events, ledgerOf } = state
  const log = await state.openLog({
    trouble: (what, error) => instance.trouble(what, CollectorError.from(error, 'storage_failed')),
    ailing: (what, error) => state.ailments.ailing(what, error),
    lost(pipeline, { frames, records, bytes }) {
      const ledger = ledgerOf(pipeline)
      ledger.queue(-records)
      ledger.drop(records, `${instance.key}: storage_damaged`)
      state.used -= sizeOf(state, frames, records, bytes)
      state.records -= records
      events.freed()
    },
    freed: () => events.freed(),
  })
  state.log = log
  for (const [pipeline, { frames, records, bytes }] of log.opening.waiting) {
    const ledger = ledgerOf(pipeline)
    ledger.receive(records)
    ledger.queue(records)
    state.used += sizeOf(state, frames, records, bytes)
    state.records += records
  }
  tellOpening(state, log, state.records)
  state.ahead.fill()
}

const refusal = (state: State, size: number, reserved: number): string | undefined => {
  const { core, log, options } = state
  const { maxDiskBytes, onFull, queueSize, sizer } = options
  const budget = core.budget.diskRefusal()
  if (budget !== undefined) {
    core.storehouse.seal()
    return budget
  }
  if (maxDiskBytes > 0 && log && log.bytes >= maxDiskBytes) {
    void log.seal()
    return `max_disk_bytes: ${maxDiskBytes}, of which ${log.setAside} are damaged ones set aside`
  }
  const taken = state.used + reserved
  if (onFull === 'spill' || onFull === 'drop_oldest' || taken === 0 || taken + size <= queueSize) return undefined
  return `${queueSize} ${sizer}`
}

/** They stay on disk and may come twice, with the same ids. */
const abandon = (state: State, reason: CollectorError): void => {
  for (const { result, ledger, size, records } of state.results.values()) {
    ledger.queue(-records)
    state.used -= size
    state.records -= records
    result.reject(reason)
  }
  state.results.clear()
}

export const createDiskBacklog = (parts: DiskBacklogParts): Backlog => {
  const arrived = (): void => {
    trim(state)
    parts.events.ready()
  }
  const ahead = createReadAhead(parts.core, parts.instance, () => state.log, arrived)
  const written = createOccasion(() => state.writing === 0)
  const fences = createFences({
    written: () => written.wait(),
    get last() {
      return state.log?.lastSeq ?? 0
    },
    get next() {
      return ahead.first
    },
    get more() {
      return ahead.filling || state.log?.hasMore === true
    },
  })
  const state: State = {
    ...parts,
    ahead,
    fences,
    written,
    ailments: createDiskAilments(parts.core, parts.instance),
    results: new Map(),
    log: undefined,
    writing: 0,
    used: 0,
    records: 0,
  }
  return {
    fences,
    get used() {
      return state.used
    },
    get records() {
      return state.records
    },
    get stored() {
      return state.records
    },
    get folder() {
      return state.log?.folder
    },
    sizeOf: (batch) => sizeOf(state, 1, batch.count, batch.bytes),
    refusal: (size, reserved) => refusal(state, size, reserved),
    put: (batch, ledger, result) => put(state, batch, ledger, result),
    take: () => take(state),
    forget: (item) => forget(state, item),
    makeRoom() {},
    cutToFit: (batch) => batch,
    retune: (options) => void (state.options = options),
    abandon: (reason) => abandon(state, reason),
    open: () => open(state),
    async close() {
      ahead.stop()
      state.ailments.close()
      await state.log?.settled()
      if (state.log) await parts.core.storehouse.release(state.log)
    },
  }
}
