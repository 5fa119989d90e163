/**
 * When the lines of Marcus's text log were written. They carry no time, so lines that name something with a known time
 * are anchors, and the others lie between them in even steps:
 * - the n-th `CallToolRequest` is the n-th tool call any client sent to this process, when the counts agree;
 * - `Renewed lease …, expires: T` follows `Progressive timeout for …: N s` and was written at T − N s;
 * - `Created lease … expires: T` was written 180 s before T, Marcus's first lease;
 * - `Recovering task X from agent Y` stands beside the comment that Marcus puts on the card.
 */
import { parseInstant, seconds, type Micros } from './instant.ts'

const FIRST_LEASE_S = 180

export interface TextLogContext {
  readonly startedAt: Micros
  readonly endedAt: Micros
  /** When tools were called on this process, in order. */
  readonly callTimes: readonly Micros[]
  /** When cards were taken back, by `<task> <agent>`, in order. */
  readonly recoveryTimes: ReadonlyMap<string, readonly Micros[]>
}

const anchorsOf = (lines: readonly string[], context: TextLogContext): (Micros | undefined)[] => {
  const calls = lines.filter((line) => line.endsWith('Processing request of type CallToolRequest')).length
  const useCalls = calls === context.callTimes.length
  const timeouts = new Map<string, number>()
  const recoveries = new Map<string, number>()
  let call = 0
  return lines.map((line) => {
    if (line.endsWith('Processing request of type CallToolRequest'))
      return useCalls ? context.callTimes[call++] : undefined
    const timeout = /Progressive timeout for (\S+): (\d+(?:\.\d+)?)s /.exec(line)
    if (timeout !== null) {
      timeouts.set(timeout[1]!, Number(timeout[2]))
      return undefined
    }
    const renewed = /Renewed lease for task (\S+) \(progress.*expires: (\S+?)\)/.exec(line)
    const expires = renewed === null ? undefined : parseInstant(renewed[2])
    const length = renewed === null ? undefined : timeouts.get(renewed[1]!)
    if (expires !== undefined && length !== undefined) return expires - seconds(length)
    const created = /Created lease for task \S+ to agent \S+ \(expires: (\S+?)\)/.exec(line)
    const end = created === null ? undefined : parseInstant(created[1])
    if (end !== undefined) return end - seconds(FIRST_LEASE_S)
    const recovering = /Recovering task (\S+) from agent (\S+)/.exec(line)
    if (recovering === null) return undefined
    const key = `${recovering[1]} ${recovering[2]}`
    const nth = recoveries.get(key) ?? 0
    recoveries.set(key, nth + 1)
    return context.recoveryTimes.get(key)?.[nth]
  })
}

/** Keeps the longest run of anchors that never go back: a wrong one must not drag the others along. */
const rising = (anchors: readonly (Micros | undefined)[], context: TextLogContext): (Micros | undefined)[] => {
  const indexes = anchors.flatMap((at, index) =>
    at !== undefined && at >= context.startedAt - seconds(1) && at <= context.endedAt + seconds(1) ? [index] : [],
  )
  const tails: number[] = []
  const before = new Map<number, number | undefined>()
  for (const index of indexes) {
    const at = anchors[index]!
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (anchors[tails[middle]!]! <= at) low = middle + 1
      else high = middle
    }
    before.set(index, low > 0 ? tails[low - 1] : undefined)
    tails[low] = index
  }
  const kept = new Set<number>()
  for (let index = tails.at(-1); index !== undefined; index = before.get(index)) kept.add(index)
  return anchors.map((at, index) => (kept.has(index) ? at : undefined))
}

/** One instant a line, never going back. */
export const textLogTimes = (lines: readonly string[], context: TextLogContext): Micros[] => {
  const anchors = rising(anchorsOf(lines, context), context)
  const times: Micros[] = []
  let fromIndex = -1
  let from = context.startedAt
  const fill = (toIndex: number, to: Micros): void => {
    const gap = toIndex - fromIndex
    for (let index = fromIndex + 1; index < toIndex; index++) {
      times[index] = Math.round(from + ((to - from) * (index - fromIndex)) / gap)
    }
  }
  anchors.forEach((at, index) => {
    if (at === undefined) return
    const time = Math.max(at, from)
    fill(index, time)
    times[index] = time
    fromIndex = index
    from = time
  })
  const end = Number.isFinite(context.endedAt) ? Math.max(context.endedAt, from) : from
  fill(lines.length, end)
  return times
}
