/**
 * JSON text as the reference reads it: every number is a double, keys keep their first place and their last value.
 * Anything after the value is an error.
 */
import type { Value } from '../../model/index.ts'
import { double } from '../numbers.ts'
import { Failure, newMap } from '../values.ts'

const DEPTH_MAX = 60

const convert = (value: unknown, depth: number): Value => {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Failure('a number is too large for a double')
    return double(value)
  }
  if (typeof value !== 'object' || value === null) return value as Value
  if (depth > DEPTH_MAX) throw new Failure(`the JSON is nested deeper than ${DEPTH_MAX}`)
  if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1))
  const map = newMap()
  for (const key of Object.keys(value)) map[key] = convert((value as Record<string, unknown>)[key], depth + 1)
  return map
}

export const parseJson = (text: string): Value => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    throw new Failure(`not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
  return convert(value, 0)
}
