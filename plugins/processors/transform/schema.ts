import type { JsonSchema } from 'seneca-collector'

const errorMode = {
  enum: ['propagate', 'ignore', 'silent'],
  description:
    'What happens when a statement fails on a record: `propagate` refuses the record, `ignore` passes over the statement and logs it, `silent` passes over it.',
} as const

const statements = { type: 'array', items: { type: 'string', minLength: 1 } } as const
const unsupported = { type: 'array', items: {}, default: [] } as const

export const schema = {
  type: 'object',
  properties: {
    error_mode: { ...errorMode, default: 'propagate' },
    log_statements: {
      type: 'array',
      description:
        'Statements, or groups of statements, in the order they run. All statements of a group share one `cache`.',
      default: [],
      items: {
        anyOf: [
          { type: 'string', minLength: 1 },
          {
            type: 'object',
            required: ['statements'],
            properties: {
              context: {
                enum: ['log', 'event', 'resource', 'scope'],
                description: 'The context of paths that name none; `log` by default.',
              },
              conditions: {
                ...statements,
                description: 'The statements run where one of these holds; always when there are none.',
              },
              statements: { ...statements, description: 'The statements.' },
              error_mode: { ...errorMode, description: 'Instead of the `error_mode` of the processor.' },
            },
          },
        ],
      },
    },
    trace_statements: { ...unsupported, description: 'Not supported: only log records are transformed.' },
    metric_statements: { ...unsupported, description: 'Not supported: only log records are transformed.' },
    profile_statements: { ...unsupported, description: 'Not supported: only log records are transformed.' },
  },
} as const satisfies JsonSchema
