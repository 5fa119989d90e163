/** A foreign record as it may be passed on: no instructions, prompts or keys, nothing overlong, nothing too deep. */
import type { Value } from 'seneca-collector'
import { scrub } from '../domain/scrub.ts'

const PRIVATE =
  /instruction|prompt|password|secret|token|api_?key|credential|authorization|description|full_context|arguments|response|content/i
const DEPTH_MAX = 6
const ENTRIES_MAX = 50
const LEFT_OUT = '[left out]'

export const safeRecord = (value: unknown, includeContent: boolean, depth = 0): Value => {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string') return scrub(value, includeContent)
  if (typeof value !== 'object' || depth >= DEPTH_MAX) return LEFT_OUT
  if (Array.isArray(value))
    return value.slice(0, ENTRIES_MAX).map((item) => safeRecord(item, includeContent, depth + 1))
  const entries = Object.entries(value).slice(0, ENTRIES_MAX)
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key,
      !includeContent && PRIVATE.test(key) && typeof item !== 'number'
        ? LEFT_OUT
        : safeRecord(item, includeContent, depth + 1),
    ]),
  )
}
