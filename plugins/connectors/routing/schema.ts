import type { JsonSchema } from 'seneca-collector'

const pipelines = { type: 'array', items: { type: 'string', minLength: 1 } } as const

export const schema = {
  type: 'object',
  required: ['table'],
  properties: {
    error_mode: {
      enum: ['propagate', 'ignore', 'silent'],
      default: 'propagate',
      description:
        'What happens when a condition fails on a record: `propagate` refuses the record, `ignore` sends it to the default pipelines and logs it, `silent` only sends it there.',
    },
    default_pipelines: {
      ...pipelines,
      default: [],
      description: 'Where records go that no route takes. Without any they are counted as filtered, rule `no_route`.',
    },
    table: {
      type: 'array',
      minItems: 1,
      description: 'The routes, tried in order.',
      items: {
        type: 'object',
        required: ['pipelines'],
        properties: {
          context: {
            enum: ['resource', 'log', 'event', 'scope', 'request', 'span', 'metric', 'datapoint'],
            default: 'resource',
            description: 'The context of paths that name none.',
          },
          condition: { type: 'string', minLength: 1, description: 'The condition a record must meet.' },
          statement: {
            type: 'string',
            minLength: 1,
            description: 'The same as a statement: `route() where` and a condition.',
          },
          pipelines: { ...pipelines, minItems: 1, description: 'Where the records of this route go.' },
          action: {
            enum: ['move', 'copy'],
            default: 'move',
            description: '`move`: later routes do not see the record; `copy`: they do.',
          },
        },
      },
    },
  },
} as const satisfies JsonSchema
