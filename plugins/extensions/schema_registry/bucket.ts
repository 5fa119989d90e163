/**
 * Schemas in a JetStream key-value bucket: each key is the type of an event (or carries `x-event-type`), each value a JSON
 * Schema. Watched for as long as the extension lives; a value that cannot be used leaves the one before in force.
 */
import { Kvm, KvWatchInclude, type KvEntry } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { CollectorError, type Infer } from 'seneca-collector'
import { parseSchema, type RegisteredSchema } from 'seneca-collector/schemas'
import type { schema } from './schema.ts'

type Options = NonNullable<Infer<typeof schema>['kv']>

export interface Bucket {
  readonly stop: () => Promise<void>
}

/** `changed` gets all schemas by key, at the start and after each change, and throws for what it cannot use. */
export const openBucket = async (
  options: Options,
  changed: (schemas: readonly RegisteredSchema[]) => void,
  failed: (error: CollectorError) => void,
): Promise<Bucket> => {
  const { servers, bucket, token, user, password } = options
  const login = token ? { token: token.reveal() } : user === undefined ? {} : { user, pass: password?.reveal() ?? '' }
  const place = `${bucket} at ${servers.join(', ')}`
  const connection = await connect({ servers: [...servers], maxReconnectAttempts: -1, ...login }).catch((error) => {
    throw new CollectorError('start_failed', `the bucket ${place} cannot be reached: ${(error as Error).message}`)
  })
  try {
    const kv = await new Kvm(connection).open(bucket)
    // Watched first and read afterwards, so that no change falls between.
    const updates = await kv.watch({ include: KvWatchInclude.UpdatesOnly })
    let schemas: ReadonlyMap<string, RegisteredSchema> = new Map()
    const take = (entry: KvEntry): void => {
      const next = new Map(schemas)
      if (entry.operation === 'PUT')
        next.set(entry.key, parseSchema(entry.string(), entry.key, `${bucket}/${entry.key}`))
      else next.delete(entry.key)
      changed([...next.values()])
      schemas = next
    }
    for await (const key of await kv.keys()) {
      const entry = await kv.get(key)
      if (entry !== null) take(entry)
    }
    const watching = (async () => {
      for await (const entry of updates) {
        try {
          take(entry)
        } catch (error) {
          failed(CollectorError.from(error, 'invalid_data'))
        }
      }
    })()
    return {
      async stop() {
        updates.stop()
        await watching
        await connection.close()
      },
    }
  } catch (error) {
    await connection.close()
    throw new CollectorError('start_failed', `the bucket ${place}: ${(error as Error).message}`, { cause: error })
  }
}
