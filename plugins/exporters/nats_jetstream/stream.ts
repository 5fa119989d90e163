/**
 * The stream: verified, created where that is allowed, never changed. What the configuration does not name is the
 * server's business.
 */
import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { CollectorError } from 'seneca-collector'
import type { Options } from './options.ts'

type Wanted = Partial<StreamConfig> & { readonly name: string }

const NANOS_PER_MS = 1_000_000
const STREAM_NOT_FOUND = 10_059

const retentions = {
  limits: RetentionPolicy.Limits,
  interest: RetentionPolicy.Interest,
  workqueue: RetentionPolicy.Workqueue,
}

/** Only what is given. */
export const wantedStream = (stream: Options['stream']): Wanted => ({
  name: stream.name,
  ...(stream.subjects === undefined ? {} : { subjects: [...stream.subjects] }),
  ...(stream.storage === undefined
    ? {}
    : { storage: stream.storage === 'file' ? StorageType.File : StorageType.Memory }),
  ...(stream.retention === undefined ? {} : { retention: retentions[stream.retention] }),
  ...(stream.discard === undefined
    ? {}
    : { discard: stream.discard === 'old' ? DiscardPolicy.Old : DiscardPolicy.New }),
  ...(stream.replicas === undefined ? {} : { num_replicas: stream.replicas }),
  ...(stream.max_age === undefined ? {} : { max_age: stream.max_age * NANOS_PER_MS }),
  ...(stream.max_bytes === undefined ? {} : { max_bytes: stream.max_bytes }),
  ...(stream.max_messages === undefined ? {} : { max_msgs: stream.max_messages }),
  ...(stream.duplicate_window === undefined ? {} : { duplicate_window: stream.duplicate_window * NANOS_PER_MS }),
})

const show = (value: unknown): string =>
  Array.isArray(value)
    ? value
        .map(String)
        .toSorted((a, b) => a.localeCompare(b))
        .join(', ')
    : String(value)

/** One sentence per difference. */
export const differences = (wanted: Wanted, found: Partial<StreamConfig>): string[] =>
  Object.entries(wanted).flatMap(([key, value]) => {
    const there = found[key as keyof StreamConfig]
    return show(value) === show(there) ? [] : [`${key} is ${show(there)}, not ${show(value)}`]
  })

const findStream = async (manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> => {
  try {
    return (await manager.streams.info(name)).config
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === STREAM_NOT_FOUND || code === 404) return undefined
    throw error
  }
}

/** Rejects with `config_invalid` when the stream is another than the configuration says, `not_found` when it is not there. */
export const ensureStream = async (
  connection: NatsConnection,
  options: Options,
  patterns: readonly string[],
): Promise<void> => {
  const { stream, domain } = options
  const manager = await jetstreamManager(connection, domain === undefined ? {} : { domain })
  const wanted = wantedStream(stream)
  const found = await findStream(manager, stream.name)
  if (found !== undefined) {
    const wrong = differences(wanted, found)
    if (wrong.length === 0) return
    throw new CollectorError(
      'config_invalid',
      `stream ${stream.name} differs and is not changed: ${wrong.join('; ')}. Change the configuration or the stream.`,
    )
  }
  if (stream.create === 'never') {
    throw new CollectorError('not_found', `stream ${stream.name} does not exist (stream.create is never)`, {
      retryable: true,
    })
  }
  await manager.streams.add({ subjects: [...patterns], ...wanted })
}
