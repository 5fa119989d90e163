/**
 * Posts events to a URL: alerts to people and to other systems. One request an event (or a batch), signed by Standard
 * Webhooks, with the event's id as `webhook-id` so that a repetition can be told.
 *
 * 2xx = taken. 408, 425, 429 and 5xx, and everything below HTTP, are tried again by the engine (Retry-After counts);
 * any other status is final for that event, and the others of the batch go on. Redirects to another host are not
 * followed, link-local addresses are refused after DNS, and of an answer 64 KiB are read.
 */
import { createHash } from 'node:crypto'
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Batch, Context, LogRecord } from 'seneca-collector'
import { createHttpClient, isRetryable, statusError, tlsOptions } from 'seneca-collector/http'
import type { HttpClient } from 'seneca-collector/http'
import { builtIn, grouped } from './bodies.ts'
import type { Envelope, MakeBody } from './bodies.ts'
import { check, isJson } from './check.ts'
import { compileCondition } from './condition.ts'
import { schema } from './options.ts'
import type { Config } from './options.ts'
import { keyOf, sign } from './signature.ts'
import { createTeller, type Tell } from './teller.ts'
import { compileTemplate } from './template.ts'
import type { Json } from './filters.ts'

interface Request {
  readonly id: string
  readonly body: string
  readonly events: readonly Envelope[]
  /** Records of the batch that it stands for. */
  readonly indexes: readonly number[]
}

const bodyMaker = (config: Config): MakeBody => {
  const known = (config.group ? grouped : builtIn)[config.template]
  if (known !== undefined) return known
  const template = compileTemplate(config.template, isJson(config.content_type))
  return ([event]) => template.render((event ?? null) as unknown as Json)
}

const envelopesOf = (batch: Batch<'logs'>): readonly Envelope[] =>
  Buffer.concat(batch.encode('envelope'))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Envelope)

/** The event's id, else one that the same content gives again. */
const idOf = (events: readonly Envelope[], body: string): string => {
  const [first] = events
  if (events.length === 1 && first?.id !== undefined && first.id !== '') return first.id
  return createHash('sha256').update(body).digest('hex').slice(0, 32)
}

/** A batch on its way: what it is sent as, how far that has come, and what was refused for good. */
interface Progress {
  readonly requests: readonly Request[]
  next: number
  readonly refused: Set<number>
  readonly filtered: number
  reason: CollectorError | undefined
  /** How often the request that is next has been tried. */
  attempts: number
}

const prepare = (
  batch: Batch<'logs'>,
  config: Config,
  make: MakeBody,
  receiver: string,
  selected: readonly number[],
): Progress => {
  const all = envelopesOf(batch)
  const events = selected.map((index) => ({ index, event: all[index] as Envelope }))
  const groups = config.group && events.length > 0 ? [events] : events.map((one) => [one])
  const requests = groups.map((group) => {
    const members = group.map(({ event }) => event)
    const body = make(members, receiver)
    return { id: idOf(members, body), body, events: members, indexes: group.map(({ index }) => index) }
  })
  return {
    requests,
    next: 0,
    refused: new Set(),
    filtered: batch.count - selected.length,
    reason: undefined,
    attempts: 0,
  }
}

const sender = (ctx: Context<'exporter'>, config: Config, client: HttpClient) => {
  const url = config.url.reveal()
  const keys = [config.secret, config.previous_secret].flatMap((secret) =>
    secret === undefined ? [] : [keyOf(secret.reveal())],
  )
  const fixed = Object.fromEntries(
    Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]),
  )
  /** Answers the status. */
  return async ({ id, body }: Request, signal: AbortSignal): Promise<number> => {
    const seconds = Math.floor(ctx.clock.now() / 1000)
    const headers = {
      'user-agent': 'seneca-collector',
      'content-type': config.content_type,
      ...fixed,
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      ...(keys.length === 0 ? {} : { 'webhook-signature': sign(keys, id, seconds, body) }),
    }
    const answer = await client.request({ method: config.method, url, body, headers, signal })
    if (answer.status >= 200 && answer.status <= 299) return answer.status
    const what = new URL(url).origin
    throw statusError({ ...answer, what, now: ctx.clock.now(), retryable: isRetryable(answer.status) })
  }
}

/** Sends in order; what was taken before a failure that may pass is kept in `progress`, so the next try goes on there. */
const deliver = async (
  progress: Progress,
  send: (request: Request, signal: AbortSignal) => Promise<number>,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> => {
  const { requests, refused } = progress
  for (let request = requests[progress.next]; request !== undefined; request = requests[++progress.next]) {
    progress.attempts++
    try {
      const status = await send(request, signal)
      tell('alert.notified', request.events, progress.attempts, status)
    } catch (thrown) {
      const error = CollectorError.from(thrown)
      if (error.retryable) throw error
      for (const index of request.indexes) refused.add(index)
      progress.reason = error
      tell('alert.failed', request.events, progress.attempts, error.message)
    }
    progress.attempts = 0
  }
}

const indexesOf = (batch: Batch<'logs'>, holds: ((record: LogRecord) => boolean) | undefined): readonly number[] => {
  const indexes: number[] = []
  let index = 0
  for (const record of batch) {
    if (holds === undefined || holds(record)) indexes.push(index)
    index++
  }
  return indexes
}

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const client = createHttpClient({
    clock: ctx.clock,
    guarded: true,
    tls: await tlsOptions(config.tls, ctx.folder),
    ...(config.proxy_url === undefined ? {} : { proxy: config.proxy_url }),
  })
  const make = bodyMaker(config)
  const send = sender(ctx, config, client)
  const tell = createTeller(ctx)
  const holds = config.condition === undefined ? undefined : compileCondition(config.condition, ctx.log)
  /** The engine hands the same batch in again; what is known of it goes with it. */
  const known = new WeakMap<Batch, Progress>()
  /** The balance is told once, when all has been sent. */
  const settle = (batch: Batch, { filtered, refused, reason }: Progress): void => {
    if (filtered > 0) ctx.filtered(filtered, 'condition')
    if (reason !== undefined)
      ctx.refused(
        batch.filter((_, index) => refused.has(index)),
        reason,
      )
  }
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      const events = batch as Batch<'logs'>
      const progress = known.get(batch) ?? prepare(events, config, make, ctx.id, indexesOf(events, holds))
      known.set(batch, progress)
      await deliver(progress, send, tell, signal)
      known.delete(batch)
      settle(batch, progress)
    },
    undelivered: (batch: Batch, error: CollectorError): void => {
      const progress = known.get(batch)
      known.delete(batch)
      for (const { events } of progress?.requests.slice(progress.next) ?? [])
        tell('alert.failed', events, progress?.attempts ?? 0, error.message)
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'webhook',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Posts events to a URL, signed, with the body that Slack, Alertmanager or a template of your own wants.',
  engineDefaults: { timeout: '10s', retry_on_failure: { initial_interval: '1s' } },
  schema,
  examples: [
    {
      title: 'Critical events to Slack',
      yaml: 'url: https://hooks.slack.com/services/T000/B000/XXXX\ntemplate: slack\ncondition: event.metadata["severity"] == "critical"\n',
    },
    {
      title: 'Signed requests with a body of your own',
      yaml: 'url: https://example.com/hooks/board\nsecret: ${env:HOOK_SECRET:-whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}\ntemplate: |\n  {"title": "{{ event.type }}", "task": "{{ event.data.task_name | default:"unknown" | truncate:80 }}"}\n',
    },
  ],
  check,
  create,
})
