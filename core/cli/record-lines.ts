/** Stored records as lines a person or jq reads: log records as envelopes, metrics and spans as OTLP/JSON. */
import { decode, type Batch, type Signal } from '../model/index.ts'
import type { Frame } from '../storage/index.ts'

export const recordLines = (batch: Batch): string =>
  Buffer.concat(batch.encode(batch.signal === 'logs' ? 'envelope' : 'otlp_json')).toString()

/** The batch of a queue's entry. */
export const queuedBatch = ({ meta, payload }: Frame): Batch =>
  decode(meta.split('/', 1)[0] as Signal, 'stored', payload)
