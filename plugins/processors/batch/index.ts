/**
 * Gathers records into larger batches. It never weakens an ack: where an ack behind it means a memory queue, it acks once
 * it holds the records; where it means that a destination has them, a source is acked when every piece with its records
 * was, and a rejected piece rejects just the sources in it.
 */
import { definePlugin, type ConfigProblem, type JsonSchema } from 'seneca-collector'
import { createEager } from './eager.ts'
import { createPatient } from './patient.ts'

const schema = {
  type: 'object',
  properties: {
    send_batch_size: {
      type: 'integer',
      minimum: 0,
      default: 8192,
      description:
        'Send when this many log records, spans or data points have gathered, whatever the timeout; 0 sends at once.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'Send what has gathered after this long; 0 sends at once, whatever the size.',
    },
    send_batch_max_size: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'Cut larger batches into pieces of at most this many log records, spans or data points; 0 = never cut.',
    },
  },
} as const satisfies JsonSchema

/** Calls that may wait for their pieces to settle; further senders wait before they come in. */
const OPEN_CALLS_MAX = 10_000

export default definePlugin({
  kind: 'processor',
  type: 'batch',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Gathers records into larger batches, by number and by time, without weakening an ack.',
  schema,
  examples: [
    { title: 'as the OpenTelemetry Collector has it', yaml: 'send_batch_size: 8192\ntimeout: 200ms' },
    { title: 'a hundred events or one second', yaml: 'send_batch_size: 100\ntimeout: 1s\nsend_batch_max_size: 100' },
  ],
  role: 'holder',
  concurrency: OPEN_CALLS_MAX,
  *check(config): Iterable<ConfigProblem> {
    const { send_batch_size: size, send_batch_max_size: most } = config
    if (most > 0 && most < size)
      yield {
        path: ['send_batch_max_size'],
        message: `it must be at least send_batch_size (${size}), or 0`,
        suggestion: `send_batch_max_size: ${size}`,
      }
  },
  create(ctx, config) {
    const sizes = {
      trigger: config.timeout > 0 ? config.send_batch_size : 0,
      most: config.send_batch_max_size,
      timeoutMs: config.timeout,
    }
    return ctx.acks === 'memory' ? createEager(ctx, sizes) : createPatient(ctx, sizes)
  },
})
