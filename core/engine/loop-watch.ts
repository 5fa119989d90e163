/**
 * Watches the event loop: how late it runs (percentiles since the last reading), and which component kept it for more
 * than 200 ms. Each component is named at most once in a while; the counts are exact.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Logger } from '../kit/context.ts'

const RESOLUTION_MS = 20
/** The same component is named again only after this long. */
const QUIET_MS = 10_000

export interface LoopWatch {
  start(): void
  stop(): void
  blocked(key: string, ms: number): void
  /** How often a component kept the loop too long. */
  readonly blocks: ReadonlyMap<string, number>
  /** Seconds. */
  delay(): { readonly p50: number; readonly p99: number; readonly max: number }
}

export const createLoopWatch = (log: Logger): LoopWatch => {
  const blocks = new Map<string, number>()
  const named = new Map<string, number>()
  let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined
  /** The histogram measures from timer to timer, so an idle loop shows the resolution itself. */
  const seconds = (nanos: number): number => Math.max(0, nanos / 1e9 - RESOLUTION_MS / 1e3)
  return {
    start() {
      histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      histogram.enable()
    },
    stop() {
      histogram?.disable()
      histogram = undefined
    },
    blocked(key, ms) {
      blocks.set(key, (blocks.get(key) ?? 0) + 1)
      const now = performance.now()
      if (now - (named.get(key) ?? -Infinity) < QUIET_MS) return
      named.set(key, now)
      log.warn(`${key} kept the event loop busy, so everything else stood still`, { ms: Math.round(ms) })
    },
    blocks,
    delay: () => ({
      p50: seconds(histogram?.percentile(50) ?? 0),
      p99: seconds(histogram?.percentile(99) ?? 0),
      max: seconds(histogram?.max ?? 0),
    }),
  }
}
