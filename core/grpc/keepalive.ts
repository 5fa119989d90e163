/** Pings that find out whether a silent peer is still there; on the injected clock. */
import type { Clock } from '../kit/clock.ts'

export interface Keepalive {
  readonly timeMs: number
  readonly timeoutMs: number
}

/** A connection of either side. */
export interface Pingable {
  /** It stands: not before, not after. */
  readonly isUp: boolean
  ping(answered: () => void): void
  destroy(error: Error): void
  onceGone(told: () => void): void
}

/** Every `timeMs` while `isBusy`: a ping that is not answered within `timeoutMs` ends the connection. */
export const pingWhileBusy = (
  connection: Pingable,
  clock: Clock,
  { timeMs, timeoutMs }: Keepalive,
  isBusy: () => boolean,
): void => {
  let cancelWait: (() => void) | undefined
  const stop = clock.every(timeMs, () => {
    if (cancelWait !== undefined || !connection.isUp || !isBusy()) return
    cancelWait = clock.after(timeoutMs, () =>
      connection.destroy(new Error(`no answer to a ping within ${timeoutMs} ms`)),
    )
    connection.ping(() => {
      cancelWait?.()
      cancelWait = undefined
    })
  })
  connection.onceGone(() => {
    stop()
    cancelWait?.()
  })
}
