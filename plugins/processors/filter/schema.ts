import type { JsonSchema } from 'seneca-collector'

const errorMode = {
  enum: ['propagate', 'ignore', 'silent'],
  description:
    'What happens when a condition fails on a record: `propagate` refuses the record, `ignore` passes over the condition and logs it, `silent` passes over it.',
} as const

const conditions = { type: 'array', items: { type: 'string', minLength: 1 } } as const
const unsupported = { description: 'Not supported: only log records are filtered.' } as const

export const schema = {
  type: 'object',
  properties: {
    error_mode: { ...errorMode, default: 'propagate' },
    logs: {
      type: 'object',
      default: {},
      description: 'Conditions by context. A record that one of them holds for is left out.',
      properties: {
        log_record: { ...conditions, default: [], description: 'Conditions over the log record.' },
        resource: {
          ...conditions,
          default: [],
          description: 'Conditions over its resource: `attributes["host"] == "a"`.',
        },
        scope: { ...conditions, default: [], description: 'Conditions over its instrumentation scope.' },
        event: { ...conditions, default: [], description: 'Conditions over the event: `type == "agent.heartbeat"`.' },
      },
    },
    log_conditions: {
      type: 'array',
      description: 'Conditions, or groups of them, in the newer form. A record that one of them holds for is left out.',
      default: [],
      items: {
        anyOf: [
          { type: 'string', minLength: 1 },
          {
            type: 'object',
            required: ['conditions'],
            properties: {
              context: {
                enum: ['log', 'event', 'resource', 'scope'],
                description: 'The context of paths that name none; `log` by default.',
              },
              conditions: { ...conditions, description: 'The conditions.' },
              error_mode: { ...errorMode, description: 'Instead of the `error_mode` of the processor.' },
            },
          },
        ],
      },
    },
    traces: unsupported,
    metrics: unsupported,
    spans: unsupported,
    profiles: unsupported,
    trace_conditions: unsupported,
    metric_conditions: unsupported,
    profile_conditions: unsupported,
  },
} as const satisfies JsonSchema
