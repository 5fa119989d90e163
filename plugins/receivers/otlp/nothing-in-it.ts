/**
 * Why a request of OTLP/JSON brought no records: what it does not know a receiver passes over, so that a misspelt member,
 * or those of another signal, are taken without a word. The log tells whoever wonders where the records are.
 */
import type { Signal } from 'seneca-collector'

const members: Readonly<Record<Signal, string>> = {
  logs: 'resourceLogs',
  metrics: 'resourceMetrics',
  traces: 'resourceSpans',
}

/** Larger ones are not read once more. */
const BYTES_MOST = 64 * 1_024
const NAMED_MOST = 5

const namesIn = (bytes: Buffer): readonly string[] => {
  if (bytes.length > BYTES_MOST) return ['more than can be named']
  try {
    return Object.keys(JSON.parse(bytes.toString()) as object)
  } catch {
    return []
  }
}

/** A sentence about a request without records; undefined when it has none because there were none. */
export const nothingIn = (bytes: Buffer, signal: Signal): string | undefined => {
  const wanted = members[signal]
  const names = namesIn(bytes)
  if (names.length === 0 || names.includes(wanted)) return undefined
  const other = (['logs', 'metrics', 'traces'] as const).find((one) => names.includes(members[one]))
  const found = names.slice(0, NAMED_MOST).join(', ')
  return other === undefined
    ? `a request of ${signal} has no ${wanted}, but ${found}: OTLP/JSON has ${wanted} at its top`
    : `a request of ${signal} has ${members[other]}: those are ${other}, and have a path of their own`
}
