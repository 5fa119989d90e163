/**
 * Decides on whole traces: spans wait, grouped by trace, until `decision_wait` has passed since the first of them; then the
 * policies decide, and the trace passes or is left out as a whole. Spans that come later follow the decision.
 *
 * What waits is held in memory: an ack means that it is held, not that it has been delivered. It waits at most
 * `decision_wait`, `num_traces` and `hold_max_bytes`; beyond that the oldest trace is decided early, never dropped unseen.
 */
import { concat, definePlugin } from 'seneca-collector'
import type { Batch, ConfigProblem, Context, Infer } from 'seneca-collector'
import { createDecide } from './decide.ts'
import { createOutbox } from './outbox.ts'
import { compilePolicy } from './policies.ts'
import { policyProblems } from './policy-problems.ts'
import { createRecent } from './recent.ts'
import { schema } from './schema.ts'
import { batchOf, createWaiting, type WaitingTrace } from './waiting.ts'

type Config = Infer<typeof schema>

const TICK_MS = 1_000

const cacheSize = (wanted: number, config: Config): number => (wanted === 0 ? config.num_traces : wanted)

const metersOf = ({ meter }: Context) => ({
  decided: meter.counter('seneca_sampled_traces', { description: 'Traces decided on, by policy.', unit: '{traces}' }),
  early: meter.counter('seneca_sampled_early', {
    description: 'Traces decided on before their time, because too much was waiting.',
    unit: '{traces}',
  }),
})

export default definePlugin({
  kind: 'processor',
  type: 'tail_sampling',
  signals: ['traces'],
  stability: 'beta',
  summary: 'Lets whole traces through by what is in them, after waiting for their spans.',
  schema,
  role: 'holder',
  examples: [
    {
      title: 'Errors, slow ones, and a tenth of the rest',
      yaml: `decision_wait: 10s
policies:
  - { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }
  - { name: slow, type: latency, latency: { threshold_ms: 5000 } }
  - { name: some, type: probabilistic, probabilistic: { sampling_percentage: 10 } }`,
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    for (const [i, policy] of config.policies.entries()) yield* policyProblems(policy, ['policies', i])
  },
  create(ctx, config) {
    const decide = createDecide(config.policies.map(compilePolicy), config.sample_on_first_match)
    const waiting = createWaiting()
    const outbox = createOutbox(ctx)
    const sampled = createRecent(cacheSize(config.decision_cache.sampled_cache_size, config))
    const left = createRecent(cacheSize(config.decision_cache.non_sampled_cache_size, config))
    const meters = metersOf(ctx)
    let timer: (() => void) | undefined

    const drop = (trace: WaitingTrace, rule: string): void => {
      ctx.held(-trace.spans, -trace.bytes)
      ctx.filtered(trace.spans, rule)
    }
    const settle = (trace: WaitingTrace, now: number): void => {
      waiting.take(trace.id)
      const batch = batchOf(trace)
      const { sampled: passes, policy } = decide({ ...trace, batch }, now)
      meters.decided.add(1, { policy: policy ?? '', decision: passes ? 'sampled' : 'not_sampled' })
      ;(passes ? sampled : left).add(trace.id)
      if (passes) outbox.add(batch)
      else drop(trace, policy === undefined ? 'no_policy' : `policy ${policy}`)
    }
    const due = (): void => {
      const now = ctx.clock.monotonic()
      for (const trace of waiting.all()) if (trace.dueAt <= now) settle(trace, now)
      void outbox.send(ctx.signal)
    }
    const hold = (id: string, batch: Batch<'traces'>, now: number): void => {
      const trace = waiting.add(id, batch, now + config.decision_wait)
      ctx.held(batch.count, batch.bytes)
      const afterRoot = config.decision_wait_after_root_received
      if (afterRoot > 0 && Array.from(batch).some((span) => span.parentSpanId === ''))
        trace.dueAt = Math.min(trace.dueAt, now + afterRoot)
      while (waiting.traces > config.num_traces || waiting.bytes > config.hold_max_bytes) {
        settle(waiting.oldest()!, now)
        meters.early.add(1)
      }
    }
    return {
      start() {
        timer = ctx.clock.every(TICK_MS, due)
      },
      async consume(given, signal) {
        const now = ctx.clock.monotonic()
        const late: Batch<'traces'>[] = []
        for (const [id, batch] of (given as Batch<'traces'>).groupBy((span) => span.traceId)) {
          if (waiting.get(id) === undefined && sampled.has(id)) late.push(batch)
          else if (waiting.get(id) === undefined && left.has(id)) ctx.filtered(batch.count, 'trace was left out')
          else hold(id, batch, now)
        }
        void outbox.send(ctx.signal)
        if (late.length > 0) await ctx.next(concat(late), signal)
      },
      async stop(signal) {
        timer?.()
        timer = undefined
        const now = ctx.clock.monotonic()
        for (const trace of waiting.all()) {
          if (!config.drop_pending_traces_on_shutdown) settle(trace, now)
          else drop(waiting.take(trace.id)!, 'pending at the shutdown')
        }
        await outbox.send(signal)
      },
      inspect: (topic) =>
        topic === '' ? { traces: waiting.traces, spans: waiting.spans, bytes: waiting.bytes } : undefined,
    }
  },
})
