import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    window: {
      type: 'string',
      format: 'duration',
      default: '5m',
      description: 'How long after its cause an effect may come.',
    },
    threshold: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.7,
      description: 'A strength above it is called strong.',
    },
    report: {
      type: 'string',
      enum: ['significant', 'strong'],
      default: 'significant',
      description: 'Which pairs become events: all that cannot be chance, or only strong ones.',
    },
    min_support: {
      type: 'integer',
      minimum: 5,
      default: 20,
      description: 'How many events of both types must have been seen.',
    },
    evaluate_interval: {
      type: 'string',
      format: 'duration',
      default: '10m',
      description: 'How often all pairs are judged, in event time.',
    },
    half_life: {
      type: 'string',
      format: 'duration',
      default: '168h',
      description: 'After this long a count weighs half.',
    },
    lateness: {
      type: 'string',
      format: 'duration',
      default: '3m',
      description: 'How much out of order events may arrive.',
    },
    max_types: {
      type: 'integer',
      minimum: 2,
      maximum: 500,
      default: 100,
      description: 'Event types followed; memory grows with its square.',
    },
  },
} as const satisfies JsonSchema
