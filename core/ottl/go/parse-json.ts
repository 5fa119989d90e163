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
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value as Value
  if (depth > DEPTH_MAX) throw new Failure(`the JSON is nested deeper than ${DEPTH_MAX}`)
  if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1))
  const map = newMap()
  for (const key of Object.keys(value)) map[key] = convert((value as Record<string, unknown>)[key], depth + 1)
  return map
}

/** Control characters inside strings, which the reference lets stand, as escapes. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\0-\x1f]/g

const withEscapes = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, (quoted) =>
    quoted.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )

export const parseJson = (text: string): Value => {
  try {
    return convert(JSON.parse(text), 0)
  } catch (thrown) {
    const escaped = withEscapes(text)
    if (thrown instanceof SyntaxError && escaped !== text) return parseJson(escaped)
    throw thrown instanceof SyntaxError ? new Failure(`not JSON: ${thrown.message}`) : thrown
  }
}
