/**
 * One client: a place in the ring that moves on as its socket takes messages. There is no queue of its own: what it has
 * not been sent yet lies in the ring, once for everybody.
 *
 *   waiting for auth → idle (nothing subscribed) → catching up (`from`) → live
 *
 * - Live, it may lag behind by `queueCount` events and `queueBytes`; then `drop_oldest` moves it on and tells a gap, or
 *   `disconnect` closes it. Catching up is bounded by the ring alone.
 * - At most `SOCKET_BYTES` are handed to the socket ahead of the network; the callback of a send asks for more.
 * - A gap is sent before the event that follows it, never instead of it.
 */
import type { WebSocket } from 'ws'
import { closeCodes } from './protocol.ts'
import { evicted, keepUp, newPosition, startAt } from './position.ts'
import type { Limits, Tally } from './position.ts'
import type { Ring } from './ring.ts'
import type { Subscription } from './subscription.ts'

/** Handed to the kernel's and node's buffers at most, per client. */
const SOCKET_BYTES = 256 * 1024
/** Entries looked at in one go while catching up; then others have their turn. */
const SLICE = 500

export interface Client {
  readonly lag: number
  readonly subscription: Subscription | undefined
  say(message: unknown): void
  /** From `from` on; undefined = from now on. Answers with the first number it will be sent. */
  subscribe(subscription: Subscription, from: number | undefined): void
  unsubscribe(): void
  /** New entries are in the ring. */
  publish(): void
}

export const createClient = (socket: WebSocket, ring: Ring, limits: Limits, tally: Tally): Client => {
  const position = newPosition(ring)
  const roomLeft = (): boolean => socket.readyState === socket.OPEN && socket.bufferedAmount < SOCKET_BYTES
  const onSent = (): void => {
    if (position.subscription !== undefined && (position.cursor <= ring.newest || position.gap !== undefined)) pump()
  }
  const send = (message: Buffer | string): void => {
    socket.send(message, { binary: false }, onSent)
    tally.sent(1, message.length)
  }
  const say = (message: unknown): void => {
    if (socket.readyState === socket.OPEN) send(JSON.stringify(message))
  }
  const tellGap = (): void => {
    const { gap } = position
    position.gap = undefined
    if (gap !== undefined) say({ type: 'gap', ...gap })
  }
  const later = (): void => {
    if (position.scheduled) return
    position.scheduled = true
    setImmediate(() => {
      position.scheduled = false
      pump()
    })
  }
  const pump = (): void => {
    const { subscription } = position
    if (subscription === undefined) return
    for (let looked = 0; position.cursor <= ring.newest; looked++) {
      if (!roomLeft()) return
      if (looked === SLICE) return later()
      if (position.cursor < ring.oldest) evicted(ring, position, tally)
      const entry = ring.get(position.cursor++)
      if (entry === undefined || !subscription.wants(entry)) continue
      tellGap()
      send(entry.message)
    }
    position.live = true
    if (roomLeft()) tellGap()
  }

  return {
    get lag() {
      return position.subscription === undefined ? 0 : Math.max(0, ring.newest - position.cursor + 1)
    },
    get subscription() {
      return position.subscription
    },
    say,
    subscribe: (wanted, from) => {
      position.subscription = wanted
      startAt(ring, position, from)
      say({ type: 'subscribed', patterns: wanted.patterns, from: position.cursor })
      pump()
    },
    unsubscribe: () => {
      Object.assign(position, { subscription: undefined, gap: undefined, live: true })
    },
    publish: () => {
      if (position.subscription === undefined) return
      pump()
      if (!keepUp(ring, position, limits, tally)) socket.close(closeCodes.tooSlow, 'too slow')
    },
  }
}
