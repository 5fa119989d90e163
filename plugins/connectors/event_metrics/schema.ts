import type { JsonSchema } from 'seneca-collector'

const duration = { type: 'string', format: 'duration' } as const

export const schema = {
  type: 'object',
  properties: {
    dimensions: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description:
        'Members of `data` that become attributes of `marcus.events` beside the type, such as `project_id`. Each value is a series of its own: leave ids of tasks and agents out.',
    },
    max_series: {
      type: 'integer',
      minimum: 1,
      default: 1_000,
      description:
        'Series of `marcus.events`; what comes after is counted under one more, with `otel.metric.overflow`.',
    },
    windows: {
      type: 'array',
      items: duration,
      minItems: 1,
      default: ['1m', '5m', '1h'],
      description: 'Sliding windows of `marcus.events.recent`.',
    },
    flush_interval: { ...duration, default: '15s', description: 'How often metrics leave, and the state is saved.' },
    latency_window: { ...duration, default: '5m', description: 'The window of p95 and of the latency bands.' },
    durations: {
      type: 'array',
      default: [],
      description: 'Further durations from one type of event to another.',
      items: {
        type: 'object',
        required: ['name', 'from', 'to'],
        properties: {
          name: { type: 'string', minLength: 1, description: 'The name of the histogram.' },
          from: { type: 'string', minLength: 1, description: 'The type that begins it.' },
          to: { type: 'string', minLength: 1, description: 'The type that ends it.' },
          by: { enum: ['task_id', 'agent_id'], default: 'task_id', description: 'What both are about.' },
          bands: { type: 'boolean', default: false, description: 'Judge it by the latency bands.' },
        },
      },
    },
    slos: {
      type: 'array',
      default: [],
      description: 'Service level objectives.',
      items: {
        type: 'object',
        required: ['name', 'objective'],
        properties: {
          name: { type: 'string', minLength: 1, description: 'Its name.' },
          objective: {
            type: 'number',
            exclusiveMinimum: 0,
            maximum: 0.99999,
            description: 'The share that must be good: 0.95 with a `threshold` is a target for p95.',
          },
          period: { ...duration, default: '720h', description: 'What the error budget is for.' },
          duration: { type: 'string', description: 'A duration by its name; with `threshold`.' },
          threshold: { ...duration, description: 'Good is what takes at most this long.' },
          total: { type: 'string', description: 'A condition (OTTL, event context): the events that count.' },
          good: { type: 'string', description: 'A condition: those of them that are good.' },
        },
      },
    },
  },
} as const satisfies JsonSchema
