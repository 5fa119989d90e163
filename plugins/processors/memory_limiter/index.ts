/**
 * Refuses batches while the collector answers for more bytes than it may. It decides by accounting (bytes of all batches
 * in flight, held and queued), at the moment a batch comes, not by sampling the heap now and then; so there is no overshoot
 * between two samples and no refusal because garbage has not been collected yet.
 */
import { totalmem } from 'node:os'
import { CollectorError, definePlugin, type ConfigProblem, type JsonSchema } from 'seneca-collector'

const noEffect = 'Accepted from configurations of the OpenTelemetry Collector; Node collects garbage by itself.'

const schema = {
  type: 'object',
  properties: {
    check_interval: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How long a refused sender is asked to wait.',
    },
    limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Most MiB of batches the collector answers for.',
    },
    spike_limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Refusing begins this far below the limit; 0 = a fifth of the limit.',
    },
    limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: "The limit as a share of the machine's memory (or the container's), when limit_mib is 0.",
    },
    spike_limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'The spike limit as such a share; 0 = a fifth of the limit.',
    },
    min_gc_interval_when_soft_limited: { type: 'string', format: 'duration', default: '10s', description: noEffect },
    min_gc_interval_when_hard_limited: { type: 'string', format: 'duration', default: '0s', description: noEffect },
    max_gc_interval_when_soft_limited: { type: 'string', format: 'duration', default: '30s', description: noEffect },
    max_gc_interval_when_hard_limited: { type: 'string', format: 'duration', default: '30s', description: noEffect },
  },
} as const satisfies JsonSchema

const MIB = 1024 * 1024
const DEFAULT_SPIKE_SHARE = 0.2

/** A container's limit when there is one below the machine's memory. */
const memoryBytes = (): number => {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

export default definePlugin({
  kind: 'processor',
  type: 'memory_limiter',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Refuses batches for now while the collector answers for more bytes than it may.',
  schema,
  examples: [
    { title: 'half a gibibyte', yaml: 'check_interval: 1s\nlimit_mib: 512\nspike_limit_mib: 128' },
    { title: 'a share of the memory', yaml: 'limit_percentage: 50\nspike_limit_percentage: 10' },
  ],
  /** It keeps no order of its own: batches pass as they come. */
  concurrency: 10_000,
  *check(config): Iterable<ConfigProblem> {
    if (config.limit_mib === 0 && config.limit_percentage === 0)
      yield { path: [], message: 'give limit_mib or limit_percentage', suggestion: 'limit_mib: 512' }
    if (config.limit_mib > 0 && config.spike_limit_mib >= config.limit_mib)
      yield { path: ['spike_limit_mib'], message: `it must be below limit_mib (${config.limit_mib})` }
    if (config.limit_percentage > 0 && config.spike_limit_percentage >= config.limit_percentage)
      yield {
        path: ['spike_limit_percentage'],
        message: `it must be below limit_percentage (${config.limit_percentage})`,
      }
  },
  create(ctx, config) {
    const total = memoryBytes()
    const limit = config.limit_mib > 0 ? config.limit_mib * MIB : (total * config.limit_percentage) / 100
    const given = config.limit_mib > 0 ? config.spike_limit_mib * MIB : (total * config.spike_limit_percentage) / 100
    const soft = limit - (given > 0 ? given : limit * DEFAULT_SPIKE_SHARE)
    const counter = (unit: string): { add(value: number): void } =>
      ctx.meter.counter(`otelcol_processor_refused_${unit}`, {
        description: 'Refused because the memory budget was used up.',
        unit: `{${unit}}`,
      })
    const refused = { logs: counter('log_records'), metrics: counter('metric_points'), traces: counter('spans') }
    let refusals = 0
    return {
      async consume(batch, signal) {
        const accounted = ctx.memory.accounted()
        // A batch that is all there is always passes, however large, or its source would be stuck for good.
        if (accounted > soft && accounted > 2 * batch.bytes) {
          refusals++
          refused[batch.signal].add(batch.points)
          throw new CollectorError(
            'memory_limit',
            `${Math.round(accounted / MIB)} MiB of batches are under way, more than the ${Math.round(soft / MIB)} MiB allowed`,
            { retryable: true, retryAfterMs: config.check_interval },
          )
        }
        await ctx.next(batch, signal)
      },
      inspect: (topic) =>
        topic === ''
          ? { accounted_bytes: ctx.memory.accounted(), limit_bytes: limit, soft_limit_bytes: soft, refusals }
          : undefined,
    }
  },
})
