import type { JsonSchema } from 'seneca-collector'

const errorMode = {
  enum: ['propagate', 'ignore', 'silent'],
  description:
    'What happens when a condition fails on a record: `propagate` refuses the record, `ignore` passes over the condition and logs it, `silent` passes over it.',
} as const

const conditions = { type: 'array', items: { type: 'string', minLength: 1 } } as const
const over = <const D extends string>(description: D) => ({ ...conditions, default: [], description }) as const

const byContext = <const P extends JsonSchema['properties']>(properties: P) =>
  ({
    type: 'object',
    default: {},
    description: 'Conditions by context. What one of them holds for is left out.',
    properties,
  }) as const

const groups = <const C extends readonly string[]>(what: string, contexts: C) =>
  ({
    type: 'array',
    description: `For ${what}: conditions, or groups of them, in the newer form. What one of them holds for is left out.`,
    default: [],
    items: {
      anyOf: [
        { type: 'string', minLength: 1 },
        {
          type: 'object',
          required: ['conditions'],
          properties: {
            context: {
              enum: contexts,
              description:
                'The context of paths that name none. Absent: the innermost context that the paths of the group name.',
            },
            conditions: { ...conditions, description: 'The conditions.' },
            error_mode: { ...errorMode, description: 'Instead of the `error_mode` of the processor.' },
          },
        },
      ],
    },
  }) as const

const resource = over('Conditions over the resource: `attributes["host"] == "a"`.')
const scope = over('Conditions over the instrumentation scope.')

export const schema = {
  type: 'object',
  properties: {
    error_mode: { ...errorMode, default: 'ignore' },
    logs: byContext({
      log_record: over('Conditions over the log record.'),
      event: over('Conditions over the event: `type == "agent.heartbeat"`.'),
      resource,
      scope,
    }),
    traces: byContext({
      span: over('Conditions over the span.'),
      spanevent: over('Conditions over a span event, which alone is left out.'),
      resource,
      scope,
    }),
    metrics: byContext({
      metric: over('Conditions over the metric.'),
      datapoint: over('Conditions over a data point, which is left out; a metric without points goes too.'),
      resource,
      scope,
    }),
    log_conditions: groups('logs', ['log', 'event', 'resource', 'scope']),
    trace_conditions: groups('traces', ['span', 'spanevent', 'resource', 'scope']),
    metric_conditions: groups('metrics', ['metric', 'datapoint', 'resource', 'scope']),
    spans: { description: 'Not supported: use `traces` or `trace_conditions`.' },
    profiles: { description: 'Not supported: there are no profiles.' },
    profile_conditions: { description: 'Not supported: there are no profiles.' },
  },
} as const satisfies JsonSchema
