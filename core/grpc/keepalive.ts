/** Pings that find out whether a silent peer is still there; on the injected clock. */
import type { Http2Session } from 'node:http2'
import type { Clock } from '../kit/clock.ts'

export interface Keepalive {
  readonly timeMs: number
  readonly timeoutMs: number
}

/** Every `timeMs` while `isBusy`: a ping that is not answered within `timeoutMs` ends the session. */
export const pingWhileBusy = (
  session: Http2Session,
  clock: Clock,
  { timeMs, timeoutMs }: Keepalive,
  isBusy: () => boolean,
): void => {
  let cancelWait: (() => void) | undefined
  const stop = clock.every(timeMs, () => {
    if (cancelWait !== undefined || session.destroyed || session.connecting || !isBusy()) return
    cancelWait = clock.after(timeoutMs, () => session.destroy(new Error(`no answer to a ping within ${timeoutMs} ms`)))
    session.ping(() => {
      cancelWait?.()
      cancelWait = undefined
    })
  })
  session.once('close', () => {
    stop()
    cancelWait?.()
  })
}
