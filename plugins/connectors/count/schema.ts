import type { JsonSchema } from 'seneca-collector'

const counts = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: {
      description: { type: 'string', default: '', description: 'The description of the metric.' },
      conditions: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Conditions (OTTL), of which one has to hold; without any all are counted.',
      },
      attributes: {
        type: 'array',
        description:
          'Attributes to count by, its own before those of the scope and the resource; what has not all of them is not counted, unless there is a default.',
        items: {
          type: 'object',
          required: ['key'],
          properties: {
            key: { type: 'string', minLength: 1, description: 'The attribute.' },
            default_value: { description: 'Its value where it is absent.' },
          },
        },
      },
    },
  },
} as const satisfies JsonSchema

export const schema = {
  type: 'object',
  properties: {
    spans: { ...counts, description: 'Metrics that count spans; `trace.span.count` by default.' },
    spanevents: { ...counts, description: 'Metrics that count span events; `trace.span.event.count` by default.' },
    metrics: { ...counts, description: 'Metrics that count metrics; `metric.count` by default.' },
    datapoints: { ...counts, description: 'Metrics that count data points; `metric.datapoint.count` by default.' },
    logs: { ...counts, description: 'Metrics that count log records; `log.record.count` by default.' },
  },
} as const satisfies JsonSchema
