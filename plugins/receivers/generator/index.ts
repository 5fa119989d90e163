/**
 * Makes events at a rate. Event `i` is due `i / rate` seconds after the start and carries that time; what fell due while
 * the pipeline was busy is sent at once afterwards, so the rate holds over any time. One batch is on its way at a time.
 */
import { CollectorError, type Context, deliver, definePlugin, logs } from 'seneca-collector'
import { createEvents } from './events.ts'
import { check, type Options, schema } from './options.ts'

/** Events that fall due within it are sent together. */
const TICK_MS = 10
const MOST_PER_BATCH = 1_000

const examples = [
  { title: 'Ten events a second', yaml: 'rate: 10\n' },
  { title: 'The same thousand events every time, at once', yaml: 'rate: 0\ncount: 1000\nseed: 1\n' },
] as const

/** How many events are due by then, and when the next one is. */
const createSchedule = (options: Options): { dueBy(elapsedMs: number): number; dueAtMs(index: number): number } => {
  const most = options.count === 0 ? Infinity : options.count
  const end = options.duration === 0 ? Infinity : options.duration
  const { rate } = options
  return {
    dueBy(elapsedMs) {
      if (rate === 0) return elapsedMs >= end ? 0 : most
      // The first of them falls due at once; what would fall due at the end no more does.
      const due = Math.floor((Math.min(elapsedMs, end) * rate) / 1000) + 1
      return Math.min(most, elapsedMs >= end ? Math.ceil((end * rate) / 1000) : due)
    },
    dueAtMs: (index) => (rate === 0 ? 0 : (index * 1000) / rate),
  }
}

const run = async (
  ctx: Context<'receiver'>,
  options: Options,
  signal: AbortSignal,
  sent: (n: number) => void,
): Promise<void> => {
  const seed = options.seed ?? Math.floor(ctx.random() * 2 ** 32)
  const make = createEvents(options, seed, ctx.id)
  const schedule = createSchedule(options)
  const startNanos = ctx.clock.nanos()
  const start = ctx.clock.monotonic()
  const isOver = (index: number): boolean =>
    (options.count > 0 && index >= options.count) ||
    (options.duration > 0 &&
      ctx.clock.monotonic() - start >= options.duration &&
      index >= schedule.dueBy(options.duration))
  for (let index = 0; !signal.aborted && !isOver(index);) {
    const due = Math.min(schedule.dueBy(ctx.clock.monotonic() - start), index + MOST_PER_BATCH)
    if (due <= index) {
      const wait = start + schedule.dueAtMs(index) - ctx.clock.monotonic()
      const left = options.duration > 0 ? start + options.duration - ctx.clock.monotonic() : Infinity
      await ctx.clock.sleep(Math.max(TICK_MS, Math.min(wait, left)), signal)
      continue
    }
    const records = []
    for (let at = index; at < due; at++) {
      const offset =
        options.rate === 0 ? ctx.clock.nanos() - startNanos : BigInt(Math.round(schedule.dueAtMs(at) * 1e6))
      records.push(make(at, startNanos + offset))
    }
    await deliver(ctx, logs(records), signal)
    sent(due - index)
    index = due
  }
}

export default definePlugin({
  kind: 'receiver',
  type: 'generator',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Makes events like those of the catalogue at an exact rate, for demos and tests of load.',
  schema,
  examples,
  check,
  create(ctx, options) {
    const stopped = new AbortController()
    let running: Promise<void> = Promise.resolve()
    let total = 0
    return {
      start() {
        running = run(ctx, options, stopped.signal, (n) => void (total += n))
          .then(() => {
            if (!stopped.signal.aborted) ctx.ended()
          })
          .catch((error: unknown) => {
            if (!stopped.signal.aborted) ctx.status.report('failed', CollectorError.from(error).message)
          })
      },
      async stop() {
        stopped.abort()
        await running
      },
      inspect: (topic) => (topic === '' ? { events: total } : undefined),
    }
  },
})
