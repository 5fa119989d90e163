import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    schemas: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description: 'Files of JSON Schemas, `*` allowed, beside the built-in catalogue.',
    },
    kv: {
      type: 'object',
      description: 'A JetStream key-value bucket of JSON Schemas; what changes there counts at once.',
      properties: {
        servers: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          minItems: 1,
          default: ['nats://localhost:4222'],
          description: 'NATS servers.',
        },
        bucket: { type: 'string', pattern: '^[A-Za-z0-9_-]+$', description: 'The bucket.' },
        token: { type: 'string', secret: true, description: 'Token to log in with.' },
        user: { type: 'string', description: 'User to log in as.' },
        password: { type: 'string', secret: true, description: 'Password of `user`.' },
      },
      required: ['bucket'],
    },
    migrations: {
      type: 'array',
      default: [],
      description: 'How events of older versions become events of newer ones.',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, description: 'What it is called in metadata and messages.' },
          type: { type: 'string', minLength: 1, description: 'The type of event.' },
          from: { type: 'string', minLength: 1, description: 'The version it takes.' },
          to: { type: 'string', minLength: 1, description: 'The version it makes.' },
          statements: {
            type: 'array',
            items: { type: 'string', minLength: 1 },
            minItems: 1,
            description: 'OTTL statements in the context `event`.',
          },
        },
        required: ['name', 'type', 'from', 'to', 'statements'],
      },
    },
  },
} as const satisfies JsonSchema
