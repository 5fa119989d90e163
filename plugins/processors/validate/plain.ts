import { Double, type Value } from 'seneca-collector'

/** A value as JSON has it. Numbers beyond 2^53 lose digits, which no schema can tell; bytes are text in base64. */
export const plain = (value: Value): unknown => {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? Number(value) : value
  if (value instanceof Double) return value.value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}
