import type { JsonSchema } from 'seneca-collector'

export const schema = {
  type: 'object',
  properties: {
    type: {
      enum: ['sqlite', 'memory', 'postgres', 'redis'],
      default: 'sqlite',
      description:
        'Where events are kept: in a file of its own (`sqlite`), in memory, or in a PostgreSQL or Redis server (install `pg` or `redis` for these).',
    },
    path: {
      type: 'string',
      minLength: 1,
      exclusive: 'file',
      description: 'The file of `sqlite`; `events.db` in the data directory by default.',
    },
    url: {
      type: 'string',
      secret: true,
      description:
        'The server of `postgres` or `redis`: `postgres://user:password@host/database`, `redis://host:6379`.',
    },
    prefix: {
      type: 'string',
      pattern: '^[a-z][a-z0-9_]*$',
      default: 'seneca',
      description: 'Stands before the names of tables and keys in a server.',
    },
    retention_hours: {
      type: 'number',
      minimum: 0,
      default: 24,
      description: 'Older events are evicted, and counted; 0 = never.',
    },
    max_events: {
      type: 'integer',
      minimum: 0,
      default: 100_000,
      description: 'Of more events the oldest are evicted, and counted; 0 = without limit.',
    },
    sync: {
      enum: ['commit', 'interval', 'none'],
      default: 'commit',
      description:
        'What an ack of `sqlite` survives: `commit` a power cut, `interval` and `none` a crash of the process.',
    },
    compression: {
      type: 'boolean',
      default: true,
      description: 'Compress the lines of `sqlite` (zstd), a thousand events at a time.',
    },
  },
} as const satisfies JsonSchema
