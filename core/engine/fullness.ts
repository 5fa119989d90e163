/**
 * A queue that is full is trouble of its exporter, whether or not what is sent arrives: degraded until there is room
 * again. Where senders wait that is how they are slowed, so it is trouble only when it lasts.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Backlog } from './backlog.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'

/** Senders that wait no longer than this are merely slowed. */
const WAITING_MS = 1_000
/** There is room again when no more than this share is taken: else it would be full and not full with each batch. */
const ROOM_AGAIN = 0.75

export interface Fullness {
  /** Somebody found no room, and why. */
  found(why: string): void
  /** Room may have come. */
  look(): void
  close(): void
}

const CONSEQUENCES: Readonly<Record<SendingQueueOptions['onFull'], string>> = {
  block: 'senders wait',
  reject: 'senders are refused for now',
  drop_oldest: 'the oldest records are dropped',
  spill: 'senders are refused for now',
}

export const createFullness = (
  core: Core,
  instance: Instance,
  backlog: Backlog,
  options: () => SendingQueueOptions,
): Fullness => {
  let cancel: (() => void) | undefined
  let isTold = false
  const tell = (why: string): void => {
    isTold = true
    instance.strain(fullness, `its queue is full (${why}): ${CONSEQUENCES[options().onFull]}`)
  }
  const over = (): void => {
    cancel?.()
    cancel = undefined
    if (isTold) instance.strain(fullness, undefined, 'has room again')
    isTold = false
  }
  const hasRoom = (): boolean => backlog.used <= options().queueSize * ROOM_AGAIN && backlog.refusal(0, 0) === undefined
  const fullness: Fullness = {
    found(why) {
      if (isTold || cancel) return
      if (options().onFull !== 'block') return tell(why)
      cancel = core.env.clock.after(WAITING_MS, () => {
        cancel = undefined
        if (!hasRoom()) tell(why)
      })
    },
    look() {
      if ((isTold || cancel) && hasRoom()) over()
    },
    close() {
      cancel?.()
      instance.health.strain(fullness, undefined)
    },
  }
  return fullness
}
