/**
 * Marcus's lives in a recording: from one start to its end. The truth file says when each came up and went down; where
 * it does not, the logs do (each start opens a new realtime file, and the old one just ends).
 */
import { parseLine, textOr, type Json } from './json.ts'
import { parseInstant, parseStamp, seconds, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'

export interface Boot {
  /** From 1. */
  readonly number: number
  readonly pid: number | undefined
  /** The first trace of the process. */
  readonly startedAt: Micros
  /** When its endpoints answered. */
  readonly upAt: Micros
  /** Infinity when the recording ends first. */
  readonly downAt: Micros
  /** `SIGTERM`, `SIGKILL`, …; as the truth file says. */
  readonly how: string | undefined
  /** The path of its service file in the recording, with what it says. */
  readonly service: { readonly path: string; readonly content: Json } | undefined
}

const UP = /^marcus_(up|started|restarted)$/
const DOWN = /^marcus_(stopped|killed|crashed|down)$/

const firstLineAt = (recording: Recording, path: string): Micros | undefined => {
  const text = recording.bytes(path).toString('utf8', 0, 65_536)
  return parseInstant(parseLine(text.slice(0, text.indexOf('\n')))?.['timestamp']) ?? parseStamp(path)
}

const realtimeStarts = (recording: Recording): Micros[] =>
  recording.files
    .filter((path) => /(^|\/)realtime_[^/]*\.jsonl$/.test(path))
    .flatMap((path) => firstLineAt(recording, path) ?? [])
    .toSorted((a, b) => a - b)

export const boots = (recording: Recording): readonly Boot[] => {
  const truth = recording.lines('truth.ndjson')
  const starts = realtimeStarts(recording)
  const ups = truth.flatMap((line) => {
    const at = parseInstant(line['ts'])
    return UP.test(textOr(line['what'], '')) && at !== undefined ? [{ at, pid: Number(line['pid']) || undefined }] : []
  })
  const downs = truth.flatMap((line) => {
    const at = parseInstant(line['ts'])
    return DOWN.test(textOr(line['what'], '')) && at !== undefined ? [{ at, how: textOr(line['how'], '') }] : []
  })
  const services = recording.files
    .filter((path) => /(^|\/)services\/marcus_[^/]*\.json$/.test(path))
    .flatMap((path) => {
      const content = recording.json(path)
      return content === undefined ? [] : [{ path, content }]
    })
    .toSorted((a, b) => textOr(a.content['started_at'], '').localeCompare(textOr(b.content['started_at'], '')))
  const known: { at: Micros; pid: number | undefined }[] =
    ups.length > 0 ? ups : starts.map((at) => ({ at: at + seconds(1), pid: undefined }))

  return known.map(({ at: upAt, pid }, index) => {
    const next = known[index + 1]?.at ?? Infinity
    const previous = known[index - 1]?.at ?? -Infinity
    const within = (time: Micros): boolean => time > previous && time <= upAt
    const service =
      services.find(({ content }) => pid !== undefined && content['pid'] === pid) ??
      services.find(({ content }) => within(parseInstant(content['started_at']) ?? Number.NaN))
    const traces = [parseInstant(service?.content['started_at']), starts.filter(within).at(-1), upAt]
    const startedAt = Math.min(...traces.filter((time): time is Micros => time !== undefined && within(time)))
    const down = downs.find(({ at }) => at >= upAt && at < next)
    const nextStart = starts.find((time) => time > upAt && time <= next)
    const downAt = down?.at ?? (nextStart === undefined ? Infinity : nextStart - seconds(1))
    return { number: index + 1, pid, startedAt, upAt, downAt, how: down?.how, service }
  })
}
