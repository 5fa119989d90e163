/** How long a server keeps a connection: gRPC's keepalive parameters, on the injected clock. 0 = without end. */
import type { ServerHttp2Session } from 'node:http2'
import type { Clock } from '../kit/clock.ts'
import { pingWhileBusy } from './keepalive.ts'

export interface SessionLimits {
  /** Without a call for so long, it is told to go. */
  readonly idleMs: number
  /** So old, it is told to go, … */
  readonly ageMs: number
  /** … and cut so much later. */
  readonly ageGraceMs: number
  /** How often a peer is pinged, and how long it may be silent then. */
  readonly pingMs: number
  readonly pingTimeoutMs: number
}

export const watchSession = (session: ServerHttp2Session, clock: Clock, limits: SessionLimits): void => {
  const cancels: (() => void)[] = []
  if (limits.ageMs > 0) {
    cancels.push(
      clock.after(limits.ageMs, () => {
        session.close()
        if (limits.ageGraceMs > 0) cancels.push(clock.after(limits.ageGraceMs, () => session.destroy()))
      }),
    )
  }
  if (limits.idleMs > 0) {
    let open = 0
    let idleSince = clock.monotonic()
    session.on('stream', (stream) => {
      open++
      stream.once('close', () => {
        open--
        idleSince = clock.monotonic()
      })
    })
    cancels.push(
      clock.every(Math.max(1_000, limits.idleMs / 4), () => {
        if (open === 0 && clock.monotonic() - idleSince >= limits.idleMs) session.close()
      }),
    )
  }
  if (limits.pingMs > 0)
    pingWhileBusy(session, clock, { timeMs: limits.pingMs, timeoutMs: limits.pingTimeoutMs }, () => true)
  session.once('close', () => {
    for (const cancel of cancels) cancel()
  })
}
