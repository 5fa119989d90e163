import type { JsonSchema } from 'seneca-collector'

const errorMode = {
  enum: ['propagate', 'ignore', 'silent'],
  description:
    'What happens when a statement fails on a record: `propagate` refuses the record, `ignore` passes over the statement and logs it, `silent` passes over it.',
} as const

const statements = { type: 'array', items: { type: 'string', minLength: 1 } } as const

const group = <const C extends readonly string[]>(contexts: C) =>
  ({
    type: 'object',
    required: ['statements'],
    properties: {
      context: {
        enum: contexts,
        description:
          'The context of paths that name none. Absent: the innermost context that the paths of the group name.',
      },
      conditions: {
        ...statements,
        description: 'The statements run where one of these holds; always when there are none.',
      },
      statements: { ...statements, description: 'The statements.' },
      error_mode: { ...errorMode, description: 'Instead of the `error_mode` of the processor.' },
    },
  }) as const

const groups = <const C extends readonly string[]>(what: string, contexts: C) =>
  ({
    type: 'array',
    description: `For ${what}: statements, or groups of statements, in the order they run. All statements of a group share one \`cache\`.`,
    default: [],
    items: { anyOf: [{ type: 'string', minLength: 1 }, group(contexts)] },
  }) as const

export const schema = {
  type: 'object',
  properties: {
    error_mode: { ...errorMode, default: 'ignore' },
    log_statements: groups('logs', ['log', 'event', 'resource', 'scope']),
    trace_statements: groups('traces', ['span', 'spanevent', 'resource', 'scope']),
    metric_statements: groups('metrics', ['metric', 'datapoint', 'resource', 'scope']),
    profile_statements: { type: 'array', items: {}, default: [], description: 'Not supported: there are no profiles.' },
  },
} as const satisfies JsonSchema
