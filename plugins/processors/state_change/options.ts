import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    rules: {
      type: 'array',
      minItems: 1,
      description:
        'What is compared, and what is said of a change. An event is looked at by every rule that matches it.',
      items: {
        type: 'object',
        properties: {
          match: { type: 'string', description: 'Pattern of event types or topics, e.g. `agent.status.updated`.' },
          key: {
            type: 'string',
            description: 'The field that names the thing, e.g. `agent_id`; also `body.agent.id`.',
          },
          fields: {
            type: 'array',
            items: { type: 'string' },
            minItems: 1,
            description: 'The fields that are compared.',
          },
          emit: { type: 'string', description: 'The type of the events made.' },
          as: {
            enum: ['fields', 'list', 'steps'],
            description:
              '`fields`: `old_x` and `new_x` of each; `list`: `added` and `removed`; `steps`: `percent`, once for each step crossed.',
            default: 'fields',
          },
          steps: { type: 'array', items: { type: 'number' }, description: 'For `as: steps`: values that are reached.' },
          map: {
            type: 'object',
            additionalProperties: { type: 'string' },
            description: 'Other words for texts, before they are compared.',
          },
        },
        required: ['match', 'key', 'fields', 'emit'],
      },
    },
    keys_max: {
      type: 'integer',
      minimum: 1,
      description: 'How many things are remembered; beyond it the one not seen longest goes.',
      default: 10000,
    },
  },
  required: ['rules'],
} as const satisfies JsonSchema
