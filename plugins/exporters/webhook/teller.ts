/**
 * Says what became of an event that was to be posted: `alert.notified` or `alert.failed`. An event that tells of a
 * delivery is not told of again: a webhook that gets its own answers would never come to an end.
 */
import { logs, type Context } from 'seneca-collector'
import { event, eventId } from 'seneca-collector/events'
import type { Envelope } from './bodies.ts'

export type Outcome = 'alert.notified' | 'alert.failed'

/** `status`: the HTTP status, or why there was none. */
export type Tell = (outcome: Outcome, events: readonly Envelope[], attempts: number, status: number | string) => void

const DELIVERIES: ReadonlySet<unknown> = new Set<Outcome>(['alert.notified', 'alert.failed'])

/** An alert's own name, else the type of the event that was posted as one. */
const nameOf = ({ type, data }: Envelope): string => {
  const name = (data as Readonly<Record<string, unknown>> | undefined)?.['alert']
  return typeof name === 'string' ? name : (type ?? 'unknown')
}

export const createTeller =
  (ctx: Pick<Context, 'id' | 'clock' | 'emit' | 'log'>): Tell =>
  (outcome, events, attempts, status) => {
    const told = events
      .filter(({ type }) => !DELIVERIES.has(type))
      .map((posted) => {
        const alert = nameOf(posted)
        return event({
          type: outcome,
          // The same delivery told again after a restart is the same event.
          id: eventId(ctx.id, outcome, [posted.id ?? '', ctx.id], 0),
          source: ctx.id,
          time: ctx.clock.nanos(),
          data: { alert, receiver: ctx.id, attempts, status, event_id: posted.id },
        })
      })
    if (told.length === 0) return
    ctx
      .emit(logs(told))
      .catch((error: unknown) => ctx.log.warn('a delivery was not told of', { reason: String(error) }))
  }
