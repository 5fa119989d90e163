/**
 * The W3C tracestate of a span, and the `ot` entry in it: `ot=rv:9b8233f7e3a151;th:c`. What is no tracestate by the rules of
 * W3C Trace Context is not read at all, and stays as it is.
 */
import { readRandomness, readThreshold } from './threshold.ts'
import type { Earlier } from './threshold.ts'

type Pair = readonly [key: string, value: string]

export interface TraceState extends Earlier {
  /** Of the `ot` entry, what is not about sampling. */
  readonly fields: readonly Pair[]
  readonly entries: readonly Pair[]
}

const LENGTH_MAX = 1_024
const ENTRIES_MAX = 31
const OTEL_LENGTH_MAX = 256
const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const FIELD = /^([a-z][a-z0-9]*):([A-Za-z0-9._-]*)$/

const NOTHING: TraceState = {
  thresholdText: undefined,
  threshold: undefined,
  randomnessText: undefined,
  randomness: undefined,
  fields: [],
  entries: [],
}

const otelIn = (text: string): Omit<TraceState, 'entries'> | undefined => {
  if (text.length > OTEL_LENGTH_MAX) return undefined
  let { thresholdText, randomnessText }: Pick<Earlier, 'thresholdText' | 'randomnessText'> = NOTHING
  const fields: Pair[] = []
  for (const field of text.split(';')) {
    const [, key = '', value = ''] = FIELD.exec(field) ?? []
    if (key === '') return undefined
    if (key === 'th') thresholdText = value
    else if (key === 'rv') randomnessText = value
    else fields.push([key, value])
  }
  const threshold = thresholdText === undefined ? undefined : readThreshold(thresholdText)
  const randomness = randomnessText === undefined ? undefined : readRandomness(randomnessText)
  const isUnreadable =
    (thresholdText !== undefined && threshold === undefined) ||
    (randomnessText !== undefined && randomness === undefined)
  return isUnreadable ? undefined : { thresholdText, threshold, randomnessText, randomness, fields }
}

/** Undefined for what is no tracestate. */
export const readTraceState = (text: string): TraceState | undefined => {
  if (text === '') return NOTHING
  const members = text.split(',').map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
  if (text.length > LENGTH_MAX || members.length > ENTRIES_MAX) return undefined
  let otel: Omit<TraceState, 'entries'> = NOTHING
  const entries: Pair[] = []
  for (const member of members) {
    if (member === '') continue
    const at = member.indexOf('=')
    const [key, value] = [member.slice(0, Math.max(0, at)), member.slice(at + 1)]
    if (!KEY.test(key) || !VALUE.test(value)) return undefined
    if (key !== 'ot') {
      entries.push([key, value])
      continue
    }
    const found = otelIn(value)
    if (found === undefined) return undefined
    otel = found
  }
  return { ...otel, entries }
}

/** With another threshold and randomness; the changed entry comes first, as W3C asks. */
export const traceStateText = (
  { fields, entries }: TraceState,
  threshold: string | undefined,
  randomness: string | undefined,
): string => {
  const own = [
    ...(randomness === undefined ? [] : [`rv:${randomness}`]),
    ...(threshold === undefined ? [] : [`th:${threshold}`]),
    ...fields.map(([key, value]) => `${key}:${value}`),
  ]
  return [...(own.length > 0 ? [`ot=${own.join(';')}`] : []), ...entries.map(([key, value]) => `${key}=${value}`)].join(
    ',',
  )
}
