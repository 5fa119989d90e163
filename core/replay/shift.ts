/**
 * A day moved in time: every instant in every log line, row, state file, answer and file name goes by the same amount,
 * each in the spelling it had. What only looks like a time inside an identifier stays. The agents' log is cut anew at
 * midnight, because Marcus names it after the day of the line.
 */
import type { Boot } from './boots.ts'
import type { Call } from './calls.ts'
import { formatInstant, formatStamp, parseInstant, parseStamp, type Micros } from './instant.ts'
import type { Json } from './json.ts'
import type { Parameter, Step } from './step.ts'
import type { Timeline } from './timeline.ts'

const INSTANT = /\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{1,6}))?(Z|\+00:00)?/g
const STAMP = /(?<!\d)\d{8}_\d{6}(?!\d)/g
const DAY_FILE = /^(.*\/agent_events_)\d{8}(\.jsonl)$/

export const shiftText = (text: string, by: Micros): string =>
  text
    .replace(INSTANT, (found, separator: string, fraction: string | undefined, zone: string | undefined) => {
      const at = parseInstant(found)
      if (at === undefined) return found
      const moved = formatInstant(at + by)
      const digits = fraction === undefined ? '' : `.${moved.slice(20, 26).slice(0, fraction.length)}`
      return `${moved.slice(0, 10)}${separator}${moved.slice(11, 19)}${digits}${zone ?? ''}`
    })
    .replace(STAMP, (found) => {
      const at = parseStamp(found)
      return at === undefined ? found : formatStamp(at + by)
    })

const shiftPath = (path: string, at: Micros, by: Micros): string => {
  const daily = DAY_FILE.exec(path)
  return daily === null ? shiftText(path, by) : `${daily[1]}${formatStamp(at).slice(0, 8)}${daily[2]}`
}

const shiftBytes = (bytes: Uint8Array, by: Micros): Uint8Array => {
  const text = Buffer.from(bytes).toString('utf8')
  // Bytes that are no text stay as they are: nobody can read a time in them.
  return text.includes('\ufffd') ? bytes : Buffer.from(shiftText(text, by))
}

const shiftJson = <T>(value: T, by: Micros): T => JSON.parse(shiftText(JSON.stringify(value), by)) as T

const shiftBoot = (boot: Boot, by: Micros): Boot => ({
  ...boot,
  startedAt: boot.startedAt + by,
  upAt: boot.upAt + by,
  downAt: boot.downAt + by,
  service:
    boot.service === undefined ? undefined : { ...boot.service, content: shiftJson<Json>(boot.service.content, by) },
})

const shiftCall = (call: Call, by: Micros): Call => ({
  ...call,
  sentAt: call.sentAt + by,
  answeredAt: call.answeredAt + by,
  result: call.result === undefined ? undefined : shiftJson(call.result, by),
  answer: call.answer === undefined ? undefined : shiftJson(call.answer, by),
})

const shiftParameter = (value: Parameter, by: Micros): Parameter =>
  typeof value === 'string' ? shiftText(value, by) : value

const shiftStep = (step: Step, boots: ReadonlyMap<number, Boot>, by: Micros): Step => {
  const at = step.at + by
  if (step.kind === 'append')
    return { ...step, at, path: shiftPath(step.path, at, by), bytes: shiftBytes(step.bytes, by) }
  if (step.kind === 'replace') return { ...step, at, path: shiftText(step.path, by), text: shiftText(step.text, by) }
  if (step.kind === 'sql') return { ...step, at, parameters: step.parameters.map((value) => shiftParameter(value, by)) }
  return { ...step, at, boot: boots.get(step.boot.number) ?? step.boot }
}

/** For `prepareReplay({ change })`: the day `by` microseconds later. */
export const shifted =
  (by: Micros) =>
  (timeline: Timeline): Timeline => {
    const boots = timeline.boots.map((boot) => shiftBoot(boot, by))
    const byNumber = new Map(boots.map((boot) => [boot.number, boot]))
    return {
      start: timeline.start + by,
      end: timeline.end + by,
      boots,
      calls: timeline.calls.map((call) => shiftCall(call, by)),
      steps: timeline.steps.map((step) => shiftStep(step, byNumber, by)),
    }
  }
