/** `Retry-After = delay-seconds / HTTP-date` (RFC 9110 §10.2.3), in milliseconds from now; undefined when absent or wrong. */
const MOST_MS = 24 * 3_600_000

export const retryAfterMs = (header: string | readonly string[] | undefined, nowMs: number): number | undefined => {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(MOST_MS, Math.round(Number(text) * 1000))
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.min(MOST_MS, Math.max(0, at - nowMs))
}
