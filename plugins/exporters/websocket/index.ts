/**
 * A live feed over WebSocket. Best effort: it is never awaited and holds nothing up; what a client misses is announced to
 * it. Latency is that of a function call: no batch, no queue and no timer stand between a record and the sockets.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, ConfigProblem, Context } from 'seneca-collector'
import { patternProblem } from 'seneca-collector/events'
import { endpointProblems } from 'seneca-collector/http'
import type { Tally } from './position.ts'
import { createFeed } from './feed.ts'
import { compileFilter } from './filter.ts'
import { schema } from './options.ts'
import type { Config } from './options.ts'
import { createRing } from './ring.ts'
import { openSequence } from './sequence.ts'
import { listen } from './server.ts'
import type { Listening } from './server.ts'

const GOODBYE_MS = 1_000

const meters = ({
  meter,
  id,
}: Context<'exporter'>): {
  readonly tally: Tally
  readonly clients: (count: number) => void
  readonly filterFailed: () => void
} => {
  const labels = { exporter: id }
  const sent = meter.counter('seneca_websocket_sent_messages', {
    description: 'Messages handed to clients’ sockets.',
    unit: '{messages}',
  })
  const bytes = meter.counter('seneca_websocket_sent_bytes', { description: 'Bytes of these messages.', unit: 'By' })
  const missed = meter.counter('seneca_websocket_missed_events', {
    description: 'Events clients were told they missed; of an evicted gap, at most so many.',
    unit: '{events}',
  })
  const clients = meter.gauge('seneca_websocket_clients', { description: 'Clients connected.', unit: '{clients}' })
  const failed = meter.counter('seneca_websocket_filter_errors', {
    description: 'Events on which a client’s filter failed.',
    unit: '{events}',
  })
  return {
    tally: {
      sent: (messages, size) => {
        sent.add(messages, labels)
        bytes.add(size, labels)
      },
      missed: (events, reason) => missed.add(events, { ...labels, reason }),
    },
    clients: (count) => clients.set(count, labels),
    filterFailed: () => failed.add(1, labels),
  }
}

const check = function* (config: Config): Generator<ConfigProblem> {
  yield* endpointProblems({ endpoint: config.endpoint, hasAuth: config.auth !== undefined, insecure: config.insecure })
  for (const [index, pattern] of config.subscribe.entries()) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) yield { path: ['subscribe', index], message: problem }
  }
}

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const { tally, clients, filterFailed } = meters(ctx)
  const sequence = await openSequence(ctx.storage, (error) =>
    ctx.log.warn('the sequence number was not saved', { reason: String(error) }),
  )
  const ring = createRing(sequence.next, config.history.events, config.history.bytes)
  const feed = createFeed({
    clock: ctx.clock,
    ring,
    tally,
    limits: { queueCount: config.client_queue.events, queueBytes: config.client_queue.bytes, onSlow: config.on_slow },
    takeSeq: () => sequence.take(),
    compileFilter: (text) => compileFilter(text, filterFailed),
    token: config.auth?.token.reveal(),
    defaultPatterns: config.subscribe,
    pingMs: config.ping_interval,
    pongMs: config.pong_timeout,
  })
  let listening: Listening | undefined
  return {
    start: async (): Promise<void> => {
      listening = await listen(
        {
          endpoint: config.endpoint,
          path: config.path,
          allowedOrigins: config.allowed_origins,
          allowedHosts: config.allowed_hosts,
          maxClients: config.max_clients,
          maxMessageBytes: config.max_message_size,
          compression: config.compression,
        },
        ctx.log,
        (socket, request, query) => {
          feed.accept(socket, request, query)
          clients(feed.clients)
          socket.once('close', () => clients(feed.clients))
        },
      )
      ctx.log.info('the feed is open', { url: `ws://${listening.address}${config.path}` })
    },
    consume: (batch: Batch): void => feed.publish(batch as Batch<'logs'>),
    stop: async (): Promise<void> => {
      const closed = listening?.close()
      await feed.close(GOODBYE_MS)
      await closed
      await sequence.close()
    },
    inspect: (topic: string): unknown =>
      topic === ''
        ? {
            url: listening === undefined ? undefined : `ws://${listening.address}${config.path}`,
            seq: ring.newest,
            oldest: ring.oldest,
            history_bytes: ring.bytes,
            clients: feed.inspect(),
          }
        : undefined,
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'websocket',
  signals: ['logs'],
  stability: 'beta',
  summary:
    'Serves a live feed of events over WebSocket: subscribe by pattern, come back from a sequence number, never miss in silence.',
  delivery: 'best_effort',
  schema,
  examples: [
    { title: 'A feed for this machine', yaml: 'endpoint: localhost:4319\n' },
    {
      title: 'A feed for a team, with a token and a page elsewhere',
      yaml: 'endpoint: 0.0.0.0:4319\nauth:\n  token: ${env:FEED_TOKEN:-change-me}\nallowed_origins: [https://board.example.com]\non_slow: disconnect\n',
    },
  ],
  check,
  create,
})
