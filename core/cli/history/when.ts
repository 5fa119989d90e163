/** Times as people write them: `1h` (ago), `17:52` or `17:52:07` (today, UTC), a date, RFC 3339. Nanoseconds since the epoch. */
import { CollectorError } from '../../kit/errors.ts'
import { parseDuration } from '../../kit/options.ts'
import { timeFromText } from '../../model/time.ts'

const NANOS_PER_MS = 1_000_000n
const CLOCK = /^\d{1,2}:\d\d(:\d\d)?$/
const DATE = /^\d{4}-\d\d-\d\d$/

export const parseWhen = (text: string, nowMs: number): bigint => {
  const ago = parseDuration(text)
  if (ago !== undefined) return BigInt(Math.round(nowMs - ago)) * NANOS_PER_MS
  const day = new Date(nowMs).toISOString().slice(0, 10)
  const whole = CLOCK.test(text)
    ? `${day}T${text.padStart(text.length === 4 || text.length === 7 ? text.length + 1 : text.length, '0')}${text.split(':').length === 2 ? ':00' : ''}Z`
    : DATE.test(text)
      ? `${text}T00:00:00Z`
      : text
  const time = timeFromText(whole)
  if (time !== undefined) return time
  throw new CollectorError(
    'usage',
    `'${text}' is no time; write 1h (ago), 17:52 (today), 2026-11-23 or 2026-11-23T17:52:07Z`,
  )
}
