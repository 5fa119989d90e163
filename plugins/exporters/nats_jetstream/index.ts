/**
 * Publishes events to a JetStream stream, one message each, and acknowledges a batch when the stream has stored all of
 * it. What is sent again carries the same ids, which the stream stores once.
 */
import { CollectorError, definePlugin, type LogBatch, PartialError } from 'seneca-collector'
import { Connection } from './connection.ts'
import { examples } from './examples.ts'
import { createMessages } from './messages.ts'
import { check, schema } from './options.ts'
import type { Failure } from './publisher.ts'
import { compileSubject } from './subject.ts'

/** The verdict on a batch of which some messages were not taken. */
const verdict = (failures: readonly Failure[], count: number): CollectorError => {
  const first = failures.find(({ error }) => error.retryable) ?? failures[0]
  if (first === undefined) return new CollectorError('rejected', 'nothing failed')
  if (first.error.retryable || failures.length === count) return first.error
  return new PartialError(
    first.error.message,
    failures.map(({ index }) => index).toSorted((a, b) => a - b),
  )
}

export default definePlugin({
  kind: 'exporter',
  type: 'nats_jetstream',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Publishes events to a NATS JetStream stream, each stored once.',
  schema,
  examples,
  concurrency: (options) => options.max_batches_in_flight,
  requires: ['@nats-io/transport-node', '@nats-io/jetstream'],
  engineDefaults: { timeout: '0s' },
  check,
  create(ctx, options) {
    const subject = compileSubject(options.subject)
    const messagesOf = createMessages(options.format, subject)
    const connection = new Connection(ctx, options, subject.patterns)
    return {
      start: () => connection.start(),
      async consume(batch) {
        const publisher = connection.publisher()
        const failures = await publisher.publish(messagesOf(batch as LogBatch))
        if (failures.some(({ error }) => error.code === 'not_found')) connection.missing()
        if (failures.length > 0) throw verdict(failures, batch.count)
      },
      stop: () => connection.stop(),
      inspect: (topic) => (topic === '' ? connection.details : undefined),
    }
  },
})
