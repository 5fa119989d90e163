/** An attribute's value as a label's, as the OpenTelemetry Collector writes it: text bare, bytes in base64, the rest JSON. */
import { Double, valueToJson } from '../model/index.ts'
import type { Value } from '../model/types.ts'

export const valueText = (value: Value): string => {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (value instanceof Double) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  return valueToJson(value)
}
