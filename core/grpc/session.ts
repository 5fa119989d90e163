/** How long a server keeps a connection: gRPC's keepalive parameters, on the injected clock. 0 = without end. */
import type { Connection } from '../http/http2/connection.ts'
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

export const watchSession = (connection: Connection, clock: Clock, limits: SessionLimits): void => {
  const cancels: (() => void)[] = []
  if (limits.ageMs > 0) {
    cancels.push(
      clock.after(limits.ageMs, () => {
        connection.close()
        if (limits.ageGraceMs > 0) cancels.push(clock.after(limits.ageGraceMs, () => connection.destroy()))
      }),
    )
  }
  if (limits.idleMs > 0) {
    cancels.push(
      clock.every(Math.max(1_000, limits.idleMs / 4), () => {
        if (connection.openStreams === 0 && clock.monotonic() - connection.idleSince >= limits.idleMs)
          connection.close()
      }),
    )
  }
  if (limits.pingMs > 0)
    pingWhileBusy(connection, clock, { timeMs: limits.pingMs, timeoutMs: limits.pingTimeoutMs }, () => true)
  connection.onceGone(() => {
    for (const cancel of cancels) cancel()
  })
}
