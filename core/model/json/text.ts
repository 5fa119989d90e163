/**
 * Values as JSON text and back, losing nothing.
 *
 * A whole double is written with a fraction (`3.0`), an infinity as `1e999`, NaN as `"NaN"`. Bytes are
 * `{"$bytes": "<base64>"}`; a map that looks like that has one more `$` in front, so the mapping stays injective.
 */
import { Double } from '../double.ts'
import type { Value, ValueMap } from '../types.ts'
import { doubleValue, intValue, newMap } from '../value.ts'

const BYTES_KEY = /^\$+bytes$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isBase64 = (text: unknown): text is string =>
  typeof text === 'string' && BASE64.test(text) && Buffer.from(text, 'base64').toString('base64') === text

/** The only key of a map that could be taken for bytes. */
const bytesKey = (map: ValueMap): string | undefined => {
  const keys = Object.keys(map)
  const key = keys[0]
  return keys.length === 1 && key !== undefined && BYTES_KEY.test(key) && isBase64(map[key]) ? key : undefined
}

/** Map or bytes, whichever the members mean. */
export const fromMembers = (map: ValueMap): Value => {
  const key = bytesKey(map)
  if (key === undefined) return map
  const text = map[key] as string
  if (key === '$bytes') return new Uint8Array(Buffer.from(text, 'base64'))
  const inner = newMap()
  inner[key.slice(1)] = text
  return inner
}

const doubleToJson = (value: number): string => {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999'
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const mapToJson = (map: ValueMap): string => {
  const escaped = bytesKey(map)
  if (escaped !== undefined) return `{${JSON.stringify(`$${escaped}`)}:${JSON.stringify(map[escaped])}}`
  let text = '{'
  for (const key of Object.keys(map))
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${valueToJson(map[key]!)}`
  return `${text}}`
}

export const valueToJson = (value: Value): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isInteger(value)
        ? Number.isSafeInteger(value)
          ? String(value)
          : BigInt(value).toString()
        : doubleToJson(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'bigint':
      return value.toString()
    default:
      if (value === null) return 'null'
      if (value instanceof Double) return doubleToJson(value.value)
      if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('base64')}"}`
      if (Array.isArray(value)) return `[${value.map((item: Value) => valueToJson(item)).join(',')}]`
      return mapToJson(value as ValueMap)
  }
}

const INTEGER = /^-?\d+$/

/** A JSON number as the model holds it: the lexeme decides between int64 and double. */
export const numberFromLexeme = (lexeme: string): number | bigint | Double => {
  if (INTEGER.test(lexeme) && lexeme !== '-0') {
    const int = lexeme.length < 16 ? Number(lexeme) : intValue(BigInt(lexeme))
    if (int !== undefined) return int
  }
  return doubleValue(Number(lexeme))
}
