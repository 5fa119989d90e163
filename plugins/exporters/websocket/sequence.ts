/**
 * Sequence numbers that never go back, also over a restart. Blocks are reserved in the component's storage ahead of
 * their use; a clean stop gives back what is left, so only a crash leaves a hole (and clients are told a gap).
 */
import type { Store } from 'seneca-collector'

const KEY = 'next_seq'
const BLOCK = 100_000

export interface Sequence {
  /** The number the next event will have. */
  readonly next: number
  take(): number
  close(): Promise<void>
}

const encode = (value: number): Uint8Array => new TextEncoder().encode(String(value))

const stored = (store: Store): number => {
  const value = Number(new TextDecoder().decode(store.get(KEY) ?? encode(1)))
  return Number.isSafeInteger(value) && value > 0 ? value : 1
}

export const openSequence = async (store: Store, onError: (error: unknown) => void): Promise<Sequence> => {
  let next = stored(store)
  let reserved = next + BLOCK
  let reserving: Promise<void> = Promise.resolve()
  const reserve = (): Promise<void> => store.commit([[KEY, encode(reserved)]])
  await reserve()
  return {
    get next() {
      return next
    },
    take: () => {
      if (next === reserved - BLOCK / 2) {
        reserved += BLOCK
        reserving = reserve().catch(onError)
      }
      return next++
    },
    close: async () => {
      await reserving
      await store.commit([[KEY, encode(next)]]).catch(onError)
    },
  }
}
