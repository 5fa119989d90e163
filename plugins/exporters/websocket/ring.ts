/**
 * The feed's memory: the last messages by sequence number, shared by all clients. Bounded by count and by bytes; what
 * falls out is gone, and whoever still wanted it is told by a gap. Nothing is copied per client.
 */
import type { LogRecord } from 'seneca-collector'

export interface Entry {
  readonly seq: number
  readonly type: string
  /** The whole message as it is sent: the envelope with its `seq`. */
  readonly message: Buffer
  /** The record, only while it is being published: filters read it without decoding the message. */
  record: LogRecord | undefined
}

export interface Ring {
  /** The first and the last number held; `oldest` is `newest + 1` when it is empty. */
  readonly oldest: number
  readonly newest: number
  readonly bytes: number
  push(entry: Entry): void
  get(seq: number): Entry | undefined
  /** Bytes of everything from `seq` on. */
  bytesFrom(seq: number): number
}

/** `next` is the number the first entry will have. */
export const createRing = (next: number, countMost: number, bytesMost: number): Ring => {
  const entries: (Entry | undefined)[] = Array.from({ length: countMost })
  /** All bytes ever pushed, before the entry in the same slot. */
  const before = new Float64Array(countMost)
  let oldest = next
  let newest = next - 1
  let pushed = 0

  const slot = (seq: number): number => seq % countMost
  const held = (): number => (oldest > newest ? 0 : pushed - (before[slot(oldest)] as number))
  return {
    get oldest() {
      return oldest
    },
    get newest() {
      return newest
    },
    get bytes() {
      return held()
    },
    push: (entry) => {
      if (newest - oldest + 1 >= countMost) oldest++
      newest = entry.seq
      entries[slot(entry.seq)] = entry
      before[slot(entry.seq)] = pushed
      pushed += entry.message.length
      while (oldest < newest && held() > bytesMost) entries[slot(oldest++)] = undefined
    },
    get: (seq) => (seq < oldest || seq > newest ? undefined : entries[slot(seq)]),
    bytesFrom: (seq) => {
      if (seq > newest) return 0
      return pushed - (before[slot(Math.max(seq, oldest))] as number)
    },
  }
}
