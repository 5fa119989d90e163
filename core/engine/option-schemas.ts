/** The engine's own fragments of a component's section as JSON Schemas, for checking, editors and documents. */
import type { JsonSchema } from '../kit/schema.ts'

export const storage: JsonSchema = {
  type: 'string',
  minLength: 1,
  description: 'Id of the storage extension that keeps its state; the data directory when absent.',
}

const queueBatch: JsonSchema = {
  type: 'object',
  description: 'Join what waits into larger batches when it is sent. An ack is not delayed by it.',
  properties: {
    flush_timeout: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'Send what there is after this long.',
    },
    min_size: { type: 'integer', minimum: 0, default: 8192, description: 'Send as soon as there is this much.' },
    max_size: { type: 'integer', minimum: 0, default: 0, description: 'Never send more at once; 0 = no limit.' },
    sizer: { type: 'string', enum: ['items', 'bytes'], default: 'items', description: 'What the sizes count.' },
  },
}

export const sendingQueue: JsonSchema = {
  type: 'object',
  default: {},
  description: 'What waits for this exporter. Without a queue, an accepted record is one the destination has taken.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Queue what is to be sent.' },
    num_consumers: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 10,
      description: 'Batches sent at once; 1 keeps their order.',
    },
    order_by: {
      type: 'string',
      minLength: 1,
      description:
        'An attribute of the record or its resource, such as `marcus.task.id`: records with the same value are sent in their order although several batches are sent at once.',
    },
    queue_size: {
      type: 'integer',
      minimum: 1,
      default: 1000,
      description: 'How much the queue holds, counted by `sizer`.',
    },
    sizer: {
      type: 'string',
      enum: ['requests', 'items', 'bytes'],
      default: 'requests',
      description: 'What `queue_size` counts: batches, records or bytes.',
    },
    on_full: {
      type: 'string',
      enum: ['block', 'reject', 'drop_oldest', 'spill'],
      description:
        'What a full queue does: make the sender wait, refuse for now, drop its oldest batch and count it, or (in memory) go on on disk. Default: reject.',
    },
    block_on_overflow: { type: 'boolean', description: '`true` is `on_full: block`.' },
    wait_for_result: {
      type: 'boolean',
      default: false,
      description: 'Accept a batch only when the destination has taken it.',
    },
    storage: {
      type: 'string',
      minLength: 1,
      description: 'Id of the storage extension whose folder keeps the queue; in memory when absent.',
    },
    max_disk_bytes: {
      type: 'string',
      format: 'bytesize',
      default: '4GiB',
      description: 'Most bytes the queue’s files take, damaged ones set aside included; 0 = no limit of its own.',
    },
    batch: queueBatch,
  },
}

export const retryOnFailure: JsonSchema = {
  type: 'object',
  default: {},
  description: 'What happens to a batch that could not be sent but may be later.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Send again.' },
    initial_interval: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'Wait before the second attempt.',
    },
    max_interval: { type: 'string', format: 'duration', default: '30s', description: 'Longest wait between attempts.' },
    max_elapsed_time: {
      type: 'string',
      format: 'duration',
      description: 'Give a batch up after this long; 0 = never. Default: 0 with storage, 300s without.',
    },
    multiplier: {
      type: 'number',
      minimum: 1,
      default: 1.5,
      description: 'How the wait grows from attempt to attempt.',
    },
    randomization_factor: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'How much chance is in the wait.',
    },
    max_attempts: {
      type: 'integer',
      minimum: 0,
      description:
        'Attempts in all; 0 = without end. Default: 4; 0 with storage, or where `max_elapsed_time` is written.',
    },
  },
}

export const timeout: JsonSchema = {
  type: 'string',
  format: 'duration',
  default: '5s',
  description: 'Limit of one attempt; 0 = none.',
}

export const breaker: JsonSchema = {
  type: 'object',
  description: 'Leave a destination that keeps failing in peace for a while. Off unless written.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Use it.' },
    failures: { type: 'integer', minimum: 1, default: 5, description: 'Failed attempts in a row that open it.' },
    open_for: {
      type: 'string',
      format: 'duration',
      default: '60s',
      description: 'No attempt for this long; then a single one decides.',
    },
  },
}

export const deadLetter: JsonSchema = {
  type: 'object',
  description: 'Keep what cannot be delivered, with the reason, instead of dropping it. Off unless written.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Keep dead letters.' },
    storage: {
      type: 'string',
      minLength: 1,
      description: 'Id of the storage extension whose folder keeps them; the data directory when absent.',
    },
    max_bytes: {
      type: 'string',
      format: 'bytesize',
      default: '256MiB',
      description:
        'Most bytes of dead letters; what comes then is dropped by name. Their files may take twice as much, as each goes with its last letter.',
    },
  },
}
