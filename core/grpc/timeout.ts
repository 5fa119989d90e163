/** `grpc-timeout`: at most eight digits and a unit, `H M S m u n` (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }
const DIGITS_MOST = 99_999_999
/** The longest a timer of ours can be set. */
const TIMER_MOST_MS = 2 ** 31 - 1

/** Milliseconds, rounded up; undefined when there is none, null when it is malformed. */
export const parseTimeout = (header: string | readonly string[] | undefined): number | null | undefined => {
  if (header === undefined) return undefined
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null
  if (match === null) return null
  return Math.min(TIMER_MOST_MS, Math.ceil(Number(match[1]) * (units[match[2] as string] as number)))
}

/** The finest unit that eight digits hold. */
export const formatTimeout = (ms: number): string => {
  const whole = Math.max(1, Math.ceil(ms))
  if (whole <= DIGITS_MOST) return `${whole}m`
  return `${Math.min(DIGITS_MOST, Math.ceil(whole / 1000))}S`
}
