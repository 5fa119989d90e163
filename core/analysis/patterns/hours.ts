/** Events by the hour of the day and the day of the week, on the clock of a place. */
import type { Track } from './tracks.ts'
import type { Hours } from './types.ts'

const HOURS = 24
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
/** Offsets of places change at quarters of an hour at most. */
const QUARTER_MS = 900_000

export const hoursOf = (events: Track, timezone: string): Hours => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    weekday: 'short',
    hourCycle: 'h23',
  })
  const byWeekday = DAYS.map(() => Array.from({ length: HOURS }, () => 0))
  const places = new Map<number, readonly [day: number, hour: number]>()
  const placeOf = (time: number): readonly [number, number] => {
    const quarter = Math.floor(time / QUARTER_MS)
    const known = places.get(quarter)
    if (known !== undefined) return known
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
    const place = [DAYS.indexOf(parts['weekday'] ?? ''), Number(parts['hour'])] as const
    places.set(quarter, place)
    return place
  }
  for (const { time } of events) {
    const [day, hour] = placeOf(time)
    const row = byWeekday[day]
    if (row !== undefined) row[hour] = (row[hour] ?? 0) + 1
  }
  const byHour = Array.from({ length: HOURS }, (_, hour) => byWeekday.reduce((sum, row) => sum + row[hour]!, 0))
  return { timezone, by_hour: byHour, by_weekday: byWeekday }
}
