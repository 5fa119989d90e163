/**
 * One client over one transport, from handshake to its end. A session is opened once and lost once: `lost` resolves with
 * the reason, and the connection opens another. Errors leave here as CollectorErrors.
 */
import { LOG_LEVEL_META_KEY } from '@modelcontextprotocol/client'
import type {
  AuthProvider,
  Client,
  McpSubscription,
  RequestOptions,
  OAuthClientProvider,
  SubscriptionFilter,
} from '@modelcontextprotocol/client'
import { CollectorError } from '../kit/errors.ts'
import { asError } from './errors.ts'
import { NEVER_MS, OBSERVER_META_KEY, peerName } from './constants.ts'
import { connect, isHttp } from './handshake.ts'
import type { AnyTransport, Opened } from './handshake.ts'
import { httpTransport, reasonOf } from './http-transport.ts'
import { stdioTransport } from './stdio-transport.ts'
import type { CallOptions, McpEnvironment, McpNotification, McpOptions, McpPeer } from './types.ts'

const GOODBYE_MS = 1_000

export interface SessionHooks {
  readonly maxBytes: number
  readonly onContact: () => void
  readonly onNotification: (notification: McpNotification) => void
  readonly onSkipped: (line: string) => void
  readonly onMalformed: (reason: string) => void
  readonly onTooLarge: () => void
  /** Something happened that makes it worth asking whether the peer is there. */
  readonly onDoubt: () => void
}

export interface Session {
  readonly client: Client
  readonly peer: McpPeer
  /** Set when the server no longer knows the session; what was asked was not done. */
  readonly gone: boolean
  readonly lost: Promise<string>
  lose(reason: string): void
  /** Runs one request under our timeout; hands back what the client says, or throws a CollectorError. */
  request<T>(
    what: string,
    options: CallOptions & { readonly timeoutMs: number },
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>
  follow(uris: ReadonlySet<string>, signal?: AbortSignal): Promise<void>
  /** Ends following one resource, in the old protocol. */
  leave(uri: string, signal: AbortSignal): Promise<void>
  /** Runs a round of authorization where a person's part is given; false when there is none. */
  authorize(): Promise<boolean>
  /** What every tool call carries beside its arguments. */
  readonly meta: Readonly<Record<string, unknown>>
  close(): Promise<void>
}

const filterOf = (client: Client, uris: ReadonlySet<string>): SubscriptionFilter => {
  const has = client.getServerCapabilities()
  return {
    ...(has?.tools?.listChanged === true ? { toolsListChanged: true } : {}),
    ...(has?.prompts?.listChanged === true ? { promptsListChanged: true } : {}),
    ...(has?.resources?.listChanged === true ? { resourcesListChanged: true } : {}),
    ...(uris.size > 0 ? { resourceSubscriptions: [...uris] } : {}),
  }
}

const requester =
  (env: McpEnvironment, onContact: () => void): Session['request'] =>
  async (what, { signal, timeoutMs }, run) => {
    const limit = new AbortController()
    let timedOut = false
    const cancel = env.clock.after(timeoutMs, () => {
      timedOut = true
      limit.abort('timeout')
    })
    const onAbort = (): void => limit.abort('cancelled')
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const answer = await run(limit.signal)
      onContact()
      return answer
    } catch (thrown) {
      if (timedOut)
        throw new CollectorError('timeout', `${what}: no answer within ${timeoutMs} ms`, {
          retryable: true,
          cause: thrown,
        })
      if (signal?.aborted === true) throw new CollectorError('cancelled', `${what}: cancelled`, { cause: thrown })
      throw asError(thrown, what)
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  }

/** Follows resources: one subscription each in the old protocol, one stream for all in the new. What is followed already is not asked again. */
const follower = (client: Client, lose: (reason: string) => void): Pick<Session, 'follow' | 'leave'> => {
  const followed = new Set<string>()
  let subscription: McpSubscription | undefined
  let listening = '{}'
  let last: Promise<unknown> = Promise.resolve()

  const one = async (uris: ReadonlySet<string>, options: RequestOptions): Promise<void> => {
    let failed: unknown
    for (const uri of uris) {
      if (followed.has(uri)) continue
      try {
        await client.subscribeResource({ uri }, options)
        followed.add(uri)
      } catch (thrown) {
        failed = thrown
      }
    }
    if (failed !== undefined) throw failed
  }
  const all = async (uris: ReadonlySet<string>, options: RequestOptions): Promise<void> => {
    const filter = filterOf(client, uris)
    const wanted = JSON.stringify(filter)
    if (wanted === listening) return
    const before = subscription
    subscription = wanted === '{}' ? undefined : await client.listen(filter, options)
    void subscription?.closed.then((how) => {
      if (how !== 'local') lose('the stream of notifications ended')
    })
    listening = wanted
    await before?.close()
  }
  return {
    follow: (uris, signal) => {
      const options = { timeout: NEVER_MS, ...(signal === undefined ? {} : { signal }) }
      // One after the other: two at once would open two streams.
      const work = last.then(() => (client.getProtocolEra() === 'modern' ? all(uris, options) : one(uris, options)))
      last = work.catch(() => undefined)
      return work
    },
    leave: async (uri, signal) => {
      if (followed.delete(uri)) await client.unsubscribeResource({ uri }, { signal, timeout: NEVER_MS })
    },
  }
}

const goodbye = async ({ client, transport }: Opened, env: McpEnvironment, gone: boolean): Promise<void> => {
  if (isHttp(transport) && !gone) {
    const { promise: waited, resolve: done } = Promise.withResolvers<void>()
    const cancel = env.clock.after(GOODBYE_MS, done)
    await Promise.race([transport.terminateSession().catch(() => undefined), waited])
    cancel()
  }
  await client.close().catch(() => undefined)
}

const peerOf = (options: McpOptions, client: Client): McpPeer => {
  const era = client.getProtocolEra()
  const protocolVersion = client.getNegotiatedProtocolVersion()
  const server = client.getServerVersion()
  return {
    peer: peerName(options),
    transport: options.transport,
    ...(era === undefined ? {} : { era }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(server === undefined ? {} : { server: { name: server.name, version: server.version } }),
  }
}

const endOf = (transport: AnyTransport): string => {
  if (isHttp(transport)) return 'the connection was closed'
  const words = transport.lastWords()
  return words === '' ? 'the process ended' : `the process ended: ${words}`
}

const listenTo = (
  { client, transport }: Opened,
  env: McpEnvironment,
  hooks: SessionHooks,
  lose: (reason: string) => void,
): void => {
  // The client's hooks are plain properties: it has no addEventListener.
  Object.assign(client, {
    onclose: () => lose(endOf(transport)),
    onerror: (error: Error) => {
      if (error.name === 'ZodError' || error instanceof SyntaxError) hooks.onMalformed(error.message)
      else env.log.debug('mcp client', { reason: reasonOf(error) })
    },
  })
  client.fallbackNotificationHandler = async (notification) => {
    hooks.onContact()
    hooks.onNotification({ method: notification.method, params: notification.params ?? {} })
  }
}

const authorizer =
  (options: McpOptions, transport: AnyTransport): Session['authorize'] =>
  async () => {
    const page = options.transport === 'http' && options.auth?.kind === 'oauth' ? options.auth.authorize : undefined
    if (page === undefined || !isHttp(transport)) return false
    await transport.finishAuth(await page())
    return true
  }

export const openSession = async (
  options: McpOptions,
  provider: AuthProvider | OAuthClientProvider | undefined,
  env: McpEnvironment,
  hooks: SessionHooks,
  signal: AbortSignal,
): Promise<Session> => {
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>()
  let gone = false
  let closing: Promise<void> | undefined
  const build = (): AnyTransport =>
    options.transport === 'stdio'
      ? stdioTransport(options, { ...hooks, clock: env.clock })
      : httpTransport(options, provider, {
          ...hooks,
          clock: env.clock,
          userAgent: `seneca-collector/${options.clientVersion ?? '0'}`,
          onUnreachable: (reason) => lose(`cannot be reached: ${reason}`),
          onStreamEnd: hooks.onDoubt,
          onSessionGone: () => {
            gone = true
            lose('the server no longer knows the session')
          },
        })
  const opened = await connect(options, build, env, signal)
  const { client, transport } = opened
  listenTo(opened, env, hooks, lose)
  const modern = client.getProtocolEra() === 'modern'
  if (options.logLevel !== undefined && !modern && client.getServerCapabilities()?.logging !== undefined) {
    await client.setLoggingLevel(options.logLevel).catch(() => undefined)
  }
  return {
    client,
    peer: peerOf(options, client),
    get gone() {
      return gone
    },
    lost,
    lose,
    request: requester(env, hooks.onContact),
    ...follower(client, lose),
    authorize: authorizer(options, transport),
    meta: {
      [OBSERVER_META_KEY]: true,
      ...(modern && options.logLevel !== undefined ? { [LOG_LEVEL_META_KEY]: options.logLevel } : {}),
    },
    close: () => {
      lose('closed')
      return (closing ??= goodbye(opened, env, gone))
    },
  }
}
