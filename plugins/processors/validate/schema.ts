import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    registry: {
      type: 'string',
      minLength: 1,
      default: 'schema_registry',
      description: 'The id of the extension that knows the schemas.',
    },
    drift: {
      type: 'object',
      description: 'Tells when events of a type are no longer made as they were.',
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Looks for drift.' },
        learn: {
          type: 'integer',
          minimum: 1,
          maximum: 100_000,
          default: 20,
          description: 'Events of a type after which its shape counts as known.',
        },
        types_max: { type: 'integer', minimum: 1, default: 1_000, description: 'Types watched; further ones are not.' },
        fields_max: {
          type: 'integer',
          minimum: 1,
          default: 200,
          description: 'Fields watched of one type; further ones are not.',
        },
      },
      default: {},
    },
  },
} as const satisfies JsonSchema
