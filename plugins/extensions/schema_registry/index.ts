/**
 * Knows what events look like: the built-in catalogue, JSON Schemas from files or from a JetStream key-value bucket, and
 * the migrations between versions. It judges nothing itself; the processor `validate` asks it.
 */
import { definePlugin } from 'seneca-collector'
import { createSchemas, readSchemaFiles } from 'seneca-collector/schemas'
import type { RegisteredSchema, SchemaRegistryFace } from 'seneca-collector/schemas'
import type { Bucket } from './bucket.ts'
import { check } from './check.ts'
import { schema } from './schema.ts'

const asData = ({ type, version, from, schema: definition }: RegisteredSchema) => ({
  type,
  version,
  from,
  schema: definition,
})

export default definePlugin({
  kind: 'extension',
  type: 'schema_registry',
  signals: [],
  stability: 'beta',
  summary: 'Knows what events look like, in which versions, and how older ones become newer ones.',
  schema,
  examples: [
    { title: 'The built-in catalogue', yaml: 'schemas: []' },
    {
      title: 'A migration',
      yaml: `migrations:
  - name: minutes_to_seconds
    type: deploy.finished
    from: '1.0'
    to: '2.0'
    statements:
      - set(data["seconds"], data["minutes"] * 60)
      - delete_key(data, "minutes")`,
    },
  ],
  requires: ['@nats-io/transport-node', '@nats-io/kv'],
  check,
  create(ctx, config) {
    const own = readSchemaFiles(config.schemas, ctx.folder)
    let schemas = createSchemas(own)
    let bucket: Bucket | undefined
    const face: SchemaRegistryFace = { schemas: () => schemas, migrations: config.migrations }
    return {
      face,
      async start() {
        if (config.kv === undefined) return
        // The client is loaded by those who have a bucket.
        const { openBucket } = await import('./bucket.ts')
        bucket = await openBucket(
          config.kv,
          (more) => {
            schemas = createSchemas([...own, ...more])
            ctx.status.report('ok')
          },
          (error) => {
            ctx.status.report('degraded', error.message)
            ctx.log.warn('a schema cannot be used; the one before stays in force', { reason: error.message })
          },
        )
      },
      stop: () => bucket?.stop(),
      inspect(topic) {
        if (topic === '') return { schemas: schemas.all.length, migrations: config.migrations.length }
        // Those of its own: the catalogue is everybody's.
        return topic === 'schemas' ? schemas.all.filter(({ from }) => from !== 'catalogue').map(asData) : undefined
      },
    }
  },
})
