import type { Infer, JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      default: 'localhost:4319',
      exclusive: 'address',
      description: 'Where to listen, as host:port. Anything but loopback needs `auth` or `insecure: true`.',
    },
    path: { type: 'string', default: '/', pattern: '^/', description: 'Path of the feed.' },
    subscribe: {
      type: 'array',
      items: { type: 'string' },
      default: ['>'],
      description: 'Patterns of a client that asks for none. An empty list: nothing until it subscribes.',
    },
    history: {
      type: 'object',
      default: {},
      description: 'The last events, kept for clients that come back with `from`; bounded by both.',
      properties: {
        events: {
          type: 'integer',
          minimum: 1,
          maximum: 1_000_000,
          default: 10_000,
          description: 'Events kept at most.',
        },
        bytes: { type: 'string', format: 'bytesize', default: '16MiB', description: 'Bytes kept at most.' },
      },
    },
    client_queue: {
      type: 'object',
      default: {},
      description: 'How far a live client may lag behind. The waiting events lie in `history`, once for all clients.',
      properties: {
        events: { type: 'integer', minimum: 1, default: 2_000, description: 'Events.' },
        bytes: { type: 'string', format: 'bytesize', default: '4MiB', description: 'Bytes.' },
      },
    },
    on_slow: {
      enum: ['drop_oldest', 'disconnect'],
      default: 'drop_oldest',
      description:
        'What happens to a client beyond `client_queue`: it misses events and is told a gap, or it is closed with code 4408.',
    },
    ping_interval: {
      type: 'string',
      format: 'duration',
      default: '15s',
      description: 'How often a client is pinged; 0 = never.',
    },
    pong_timeout: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'A client silent for so long after a ping is dropped.',
    },
    max_clients: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: 'Clients at a time; more are refused with 503.',
    },
    max_message_size: {
      type: 'string',
      format: 'bytesize',
      default: '64KiB',
      description: 'Longest message taken from a client.',
    },
    compression: {
      type: 'boolean',
      default: false,
      description: 'Offer permessage-deflate. It costs time and memory for each client.',
    },
    allowed_origins: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description:
        'Origins of pages let in beside those of this machine; `*` stands for any part, e.g. `https://*.example.com`.',
    },
    allowed_hosts: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'Names clients may call this machine, beside its own.',
    },
    auth: {
      type: 'object',
      description: 'Who may listen.',
      properties: {
        token: {
          type: 'string',
          secret: true,
          description: 'Bearer token, shown in the Authorization header or as first message `{"auth":"…"}`.',
        },
      },
      required: ['token'],
    },
    insecure: { type: 'boolean', default: false, description: 'Listen on other addresses without `auth`.' },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>
