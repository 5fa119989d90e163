/**
 * What has been written, so that it is not written again when a receiver sends from its last checkpoint after a crash.
 * Records with an origin: the highest offset per key as it was at the start; a key is dropped from the comparison with
 * the first batch beyond it, so that afterwards nothing is looked at. Records without one: their `log.record.uid`, the
 * newest `MAX_IDS`.
 */
import { type Batch, type LogRecord, path } from 'seneca-collector'

/** Keys of files and feeds; beyond it the one that was silent longest is forgotten. */
const MAX_KEYS = 10_000
const MAX_IDS = 100_000
const UID = path(['attributes', 'log.record.uid'])

/** What one batch adds. */
export interface Additions {
  readonly origins: ReadonlyMap<string, number>
  readonly ids: readonly string[]
}

const idOf = (record: LogRecord): string | undefined => {
  if (record.origin !== undefined) return undefined
  const id = record.get(UID)
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** Only log records have ids. */
const isLogs = (batch: Batch): batch is Batch<'logs'> => batch.signal === 'logs'

const remember = (map: Map<string, number>, key: string, offset: number): void => {
  map.delete(key)
  map.set(key, offset)
  if (map.size > MAX_KEYS) for (const oldest of map.keys()) return void map.delete(oldest)
}

export class Seen {
  readonly #highest = new Map<string, number>()
  readonly #ids = new Set<string>()
  /** The same in order of coming, the oldest at `#oldest` once it is full. */
  readonly #order: string[] = []
  #oldest = 0
  /** Keys of which records may come again. */
  readonly #again = new Map<string, number>()

  /** For the journal's snapshots. */
  get origins(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#highest)
  }
  get ids(): readonly string[] {
    return [...this.#order.slice(this.#oldest), ...this.#order.slice(0, this.#oldest)]
  }

  /** Takes over what a former life had written. */
  load(origins: Iterable<readonly [string, number]>, ids: Iterable<string>): void {
    for (const [key, offset] of origins) {
      remember(this.#highest, key, offset)
      this.#again.set(key, offset)
    }
    for (const id of ids) this.#rememberId(id)
  }

  /** The batch without what has been written. */
  withoutKnown(batch: Batch): Batch {
    let isNew = true
    for (const key of this.#again.size === 0 ? [] : batch.origins().keys()) if (this.#again.has(key)) isNew = false
    const byOrigin = isNew ? batch : this.#byOrigin(batch)
    if (this.#ids.size === 0 || byOrigin.hasOrigins || !isLogs(byOrigin)) return byOrigin
    return byOrigin.filter((record) => {
      const id = idOf(record)
      return id === undefined || !this.#ids.has(id)
    })
  }

  additionsOf(batch: Batch): Additions {
    const ids: string[] = []
    if (!batch.hasOrigins && isLogs(batch)) {
      for (const record of batch) {
        const id = idOf(record)
        if (id !== undefined) ids.push(id)
      }
    }
    return { origins: batch.origins(), ids }
  }

  add({ origins, ids }: Additions): void {
    for (const [key, offset] of origins) remember(this.#highest, key, offset)
    for (const id of ids) this.#rememberId(id)
  }

  #rememberId(id: string): void {
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    if (this.#order.length < MAX_IDS) {
      this.#order.push(id)
      return
    }
    this.#ids.delete(this.#order[this.#oldest] ?? '')
    this.#order[this.#oldest] = id
    this.#oldest = (this.#oldest + 1) % MAX_IDS
  }

  #byOrigin(batch: Batch): Batch {
    const left = batch.filter((record) => {
      const known = record.origin === undefined ? undefined : this.#again.get(record.origin.key)
      return known === undefined || (record.origin?.offset ?? 0) > known
    })
    // Offsets rise: behind the first record beyond the mark nothing of its key comes again.
    for (const [key, offset] of left.origins()) if (offset > (this.#again.get(key) ?? Infinity)) this.#again.delete(key)
    return left
  }
}
