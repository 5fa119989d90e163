/** About how many bytes a plain record is worth: for budgets, so an estimate that is cheap and never zero. */
import { Double } from '../double.ts'
import type { Value } from '../types.ts'
import type { Entry, PlainLog } from './record.ts'

const RECORD = 48

const sizeOf = (value: Value | undefined): number => {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null || value instanceof Double) return 8
  if (value instanceof Uint8Array) return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, item: Value) => sum + 2 + sizeOf(item), 2)
  let sum = 2
  for (const [key, item] of Object.entries(value as Record<string, Value>)) sum += key.length + 4 + sizeOf(item)
  return sum
}

const sizeOfEntries = (entries: readonly Entry[]): number =>
  entries.reduce((sum, [key, value]) => sum + key.length + 4 + sizeOf(value), 0)

export const estimateSize = (log: PlainLog): number =>
  RECORD + log.eventName.length + log.severityText.length + sizeOf(log.body) + sizeOfEntries(log.attributes)
