/**
 * Lets a share of traces or log records through, each judged by itself and the same everywhere: by the randomness of its
 * trace id, or by a hash. Options and decisions are those of the OpenTelemetry Collector's processor of this name. What a
 * record carries of earlier sampling is kept right: `tracestate` of spans, `sampling.*` attributes of log records.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, Infer, JsonSchema } from 'seneca-collector'
import { logCarrier, spanCarrier } from './carriers.ts'
import { createSampler } from './sampler.ts'
import { PROBABILITY_MIN } from './threshold.ts'

const schema = {
  type: 'object',
  required: ['sampling_percentage'],
  properties: {
    sampling_percentage: {
      type: 'number',
      minimum: 0,
      description: 'The share that passes; 100 and more = everything.',
    },
    mode: {
      enum: ['hash_seed', 'proportional', 'equalizing'],
      default: 'hash_seed',
      description:
        '`hash_seed`: by a hash of the trace id. `proportional`: this share of what comes, however much it was sampled before. `equalizing`: at most this share of what there was in the beginning.',
    },
    hash_seed: {
      type: 'integer',
      minimum: 0,
      maximum: 4_294_967_295,
      default: 0,
      description: 'Collectors that shall decide alike have the same one.',
    },
    fail_closed: {
      type: 'boolean',
      default: true,
      description:
        'Leave out what cannot be judged: without a trace id (or the attribute), or with marks of earlier sampling that cannot be read, contradict themselves, or are of another mode.',
    },
    sampling_precision: {
      type: 'integer',
      minimum: 1,
      maximum: 14,
      default: 4,
      description: 'Hex digits of the threshold.',
    },
    attribute_source: {
      enum: ['traceID', 'record'],
      default: 'traceID',
      description: 'Logs: what is judged by, the trace id or `from_attribute`.',
    },
    from_attribute: {
      type: 'string',
      description: 'Logs: the attribute to judge by, where there is no trace id or `attribute_source` is `record`.',
    },
    sampling_priority: {
      type: 'string',
      description: 'Logs: the attribute that holds a percentage of the record’s own.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

export default definePlugin({
  kind: 'processor',
  type: 'probabilistic_sampler',
  signals: ['logs', 'traces'],
  stability: 'beta',
  summary: 'Lets a share of traces or log records through, decided the same way everywhere.',
  schema,
  examples: [
    { title: 'A tenth of the traces', yaml: 'sampling_percentage: 10' },
    {
      title: 'Log records by an attribute, with a percentage of their own',
      yaml: `sampling_percentage: 25
attribute_source: record
from_attribute: marcus.task.id
sampling_priority: priority`,
    },
  ],
  *check(config: Config) {
    if (config.sampling_percentage > 0 && config.sampling_percentage / 100 < PROBABILITY_MIN)
      yield { path: ['sampling_percentage'], message: `is too small: the least is ${PROBABILITY_MIN * 100}` }
    if (config.attribute_source === 'record' && config.from_attribute === undefined)
      yield { path: ['attribute_source'], message: "'record' needs 'from_attribute', the attribute to judge by" }
  },
  create(ctx, config) {
    const decide = createSampler(config)
    return {
      async consume(batch, signal) {
        const left = new Map<string, number>()
        const leave = (rule: string): void => void left.set(rule, (left.get(rule) ?? 0) + 1)
        const kept =
          batch.signal === 'traces'
            ? (batch as Batch<'traces'>).edit((draft) => {
                const rule = decide(spanCarrier(draft))
                if (rule === undefined) return
                draft.drop()
                leave(rule)
              })
            : (batch as Batch<'logs'>).edit((draft) => {
                const rule = decide(logCarrier(draft, config))
                if (rule === undefined) return
                draft.drop()
                leave(rule)
              })
        for (const [rule, n] of left) ctx.filtered(n, rule)
        if (kept.count > 0) await ctx.next(kept, signal)
      },
    }
  },
})
