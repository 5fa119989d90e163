/**
 * What was not taken, so that a person finds out why nothing arrives: each refusal is counted by reason, the last is kept
 * for `status`, and a sentence that names the remedy goes to the log, at most one a reason in `LOG_EVERY_MS`.
 */
import type { Context } from 'seneca-collector'

const LOG_EVERY_MS = 10_000

export interface Refusals {
  add(protocol: 'grpc' | 'http', reason: string, sentence: string): void
  /** For `status`. */
  inspect(): { readonly refused_requests: Readonly<Record<string, number>>; readonly last_refusal?: object }
}

export const createRefusals = ({ clock, log, meter }: Pick<Context, 'clock' | 'log' | 'meter'>): Refusals => {
  const counter = meter.counter('seneca_otlp_refused_requests', {
    description: 'Requests and connections that were not taken, by reason.',
    unit: '{requests}',
  })
  const counts: Record<string, number> = {}
  const quiet = new Map<string, { readonly until: number; skipped: number }>()
  let last:
    | { readonly at: string; readonly protocol: string; readonly reason: string; readonly message: string }
    | undefined

  return {
    add(protocol, reason, sentence) {
      const now = clock.now()
      counter.add(1, { protocol, reason })
      counts[reason] = (counts[reason] ?? 0) + 1
      last = { at: new Date(now).toISOString(), protocol, reason, message: sentence }
      const key = `${protocol} ${reason}`
      const before = quiet.get(key)
      if (before !== undefined && now < before.until) {
        before.skipped++
        return
      }
      quiet.set(key, { until: now + LOG_EVERY_MS, skipped: 0 })
      const more = before === undefined || before.skipped === 0 ? {} : { more_like_it: before.skipped }
      log.warn(`not taken: ${sentence}`, { protocol, reason, ...more })
    },
    inspect: () => ({ refused_requests: counts, ...(last === undefined ? {} : { last_refusal: last }) }),
  }
}
