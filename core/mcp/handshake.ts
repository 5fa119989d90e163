/**
 * From nothing to an initialised client: the protocol's version is negotiated, authorization over HTTP takes the rounds
 * it takes, and a stdio server that the new handshake ends is started again with the old one.
 */
import { Client, SdkError, SdkErrorCode, UnauthorizedError } from '@modelcontextprotocol/client'
import type { ClientCapabilities, Transport } from '@modelcontextprotocol/client'
import { CollectorError } from '../kit/errors.ts'
import { NEVER_MS } from './constants.ts'
import { asError } from './errors.ts'
import type { HttpTransport } from './http-transport.ts'
import type { StdioTransport } from './stdio-transport.ts'
import type { McpEnvironment, McpOptions } from './types.ts'

const CONNECT_MS = 30_000
const STDIO_PROBE_MS = 5_000
const AUTHORIZE_ROUNDS = 3

export type AnyTransport = StdioTransport | HttpTransport

export interface Opened {
  readonly client: Client
  readonly transport: AnyTransport
}

export const isHttp = (transport: AnyTransport): transport is HttpTransport => 'terminateSession' in transport

const newClient = (options: McpOptions, prior: 'legacy' | undefined): Client => {
  const capabilities: ClientCapabilities =
    options.questions === 'defaults' ? { elicitation: { form: { applyDefaults: true } } } : {}
  const client = new Client(
    { name: options.clientName ?? 'seneca-collector', version: options.clientVersion ?? '0' },
    {
      capabilities,
      // An observer passes on what came: an answer that breaks the tool's own schema is still what the tool said.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
      versionNegotiation: {
        mode: options.protocol === 'legacy' || prior === 'legacy' ? 'legacy' : 'auto',
        probe: { timeoutMs: options.transport === 'stdio' ? STDIO_PROBE_MS : (options.connectTimeoutMs ?? CONNECT_MS) },
      },
    },
  )
  if (options.questions === 'defaults')
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }))
  return client
}

const attempt = async (
  client: Client,
  transport: Transport,
  timeoutMs: number,
  env: McpEnvironment,
  signal: AbortSignal,
): Promise<void> => {
  if (signal.aborted) throw new CollectorError('cancelled', 'the connection is being closed')
  const limit = new AbortController()
  const stop = (reason: CollectorError): void => {
    limit.abort(reason)
    void transport.close().catch(() => undefined)
  }
  const onAbort = (): void => stop(new CollectorError('cancelled', 'the connection is being closed'))
  const cancel = env.clock.after(timeoutMs, () =>
    stop(new CollectorError('timeout', 'the server did not answer the handshake in time', { retryable: true })),
  )
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await client.connect(transport, { signal: limit.signal, timeout: NEVER_MS })
  } catch (thrown) {
    throw limit.signal.aborted ? limit.signal.reason : thrown
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

/** Connects: authorization rounds over HTTP, and a second try with the old handshake for a stdio server that the new one ends. */
export const connect = async (
  options: McpOptions,
  build: () => AnyTransport,
  env: McpEnvironment,
  signal: AbortSignal,
): Promise<Opened> => {
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_MS
  let prior: 'legacy' | undefined
  for (let round = 0; ; round++) {
    const transport = build()
    const client = newClient(options, prior)
    try {
      await attempt(client, transport, timeoutMs, env, signal)
      return { client, transport }
    } catch (thrown) {
      const authorize =
        options.transport === 'http' && options.auth?.kind === 'oauth' ? options.auth.authorize : undefined
      if (
        thrown instanceof UnauthorizedError &&
        authorize !== undefined &&
        isHttp(transport) &&
        round < AUTHORIZE_ROUNDS
      ) {
        await transport.finishAuth(await authorize())
        await client.close().catch(() => undefined)
        continue
      }
      await client.close().catch(() => undefined)
      const endedByProbe = !isHttp(transport) && prior === undefined && options.protocol !== 'legacy'
      if (
        endedByProbe &&
        thrown instanceof SdkError &&
        thrown.code === SdkErrorCode.EraNegotiationFailed &&
        !signal.aborted
      ) {
        prior = 'legacy'
        continue
      }
      const words = isHttp(transport) ? '' : transport.lastWords()
      const error = asError(thrown, 'connecting')
      throw words === ''
        ? error
        : new CollectorError('unavailable', `${error.message}; its last words: ${words}`, {
            retryable: true,
            cause: error,
          })
    }
  }
}
