/**
 * One connection, for as long as the component lives: tried until it stands, kept by the client afterwards. Whenever it
 * stands anew the stream is looked at again; until that has succeeded nothing is published, and whoever asks is told why.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  connect,
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  type NodeConnectionOptions,
} from '@nats-io/transport-node'
import { CollectorError, type Context } from 'seneca-collector'
import type { Options } from './options.ts'
import { Publisher } from './publisher.ts'
import { ensureStream } from './stream.ts'

const RETRY_FIRST_MS = 500
const RETRY_MOST_MS = 15_000

const authOf = (options: Options, folder: string): Partial<ConnectionOptions> => {
  const read = (path: string): Buffer => readFileSync(resolve(folder, path))
  if (options.token !== undefined) return { token: options.token.reveal() }
  if (options.user !== undefined) return { user: options.user, pass: options.password?.reveal() ?? '' }
  if (options.creds_file !== undefined) return { authenticator: credsAuthenticator(read(options.creds_file)) }
  if (options.nkey_seed !== undefined) {
    return { authenticator: nkeyAuthenticator(Buffer.from(options.nkey_seed.reveal())) }
  }
  if (options.nkey_seed_file === undefined) return {}
  return { authenticator: nkeyAuthenticator(Buffer.from(read(options.nkey_seed_file).toString().trim())) }
}

const tlsOf = (tls: Options['tls'], folder: string): Partial<NodeConnectionOptions> => {
  if (tls === undefined) return {}
  const path = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(folder, file)
  const given = {
    caFile: path(tls.ca_file),
    certFile: path(tls.cert_file),
    keyFile: path(tls.key_file),
    servername: tls.server_name_override,
    rejectUnauthorized: tls.insecure_skip_verify ? false : undefined,
    handshakeFirst: tls.handshake_first ? true : undefined,
  }
  return { tls: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

const connectionOptions = (options: Options, folder: string, id: string): NodeConnectionOptions => ({
  servers: [...options.servers],
  name: `seneca-collector ${id}`,
  timeout: options.connect_timeout,
  maxReconnectAttempts: -1,
  reconnectTimeWait: RETRY_FIRST_MS,
  reconnectJitter: RETRY_FIRST_MS,
  ...authOf(options, folder),
  ...tlsOf(options.tls, folder),
})

export class Connection {
  readonly #ctx: Context<'exporter'>
  readonly #options: Options
  readonly #patterns: readonly string[]
  readonly #stopped = new AbortController()
  #connection: NatsConnection | undefined
  #publisher: Publisher | undefined
  #isReady = false
  #problem: CollectorError | undefined
  #background: Promise<void> = Promise.resolve()

  constructor(ctx: Context<'exporter'>, options: Options, patterns: readonly string[]) {
    this.#ctx = ctx
    this.#options = options
    this.#patterns = patterns
  }

  get details(): {
    readonly server: string | undefined
    readonly ready: boolean
    readonly problem: string | undefined
  } {
    return { server: this.#connection?.getServer(), ready: this.#isReady, problem: this.#problem?.message }
  }

  /** Rejects when the server is there and what it has cannot be right; a server that is not there is waited for. */
  async start(): Promise<void> {
    const isUp = await this.#try()
    if (!isUp && this.#problem?.code === 'config_invalid') {
      const problem = this.#problem
      await this.stop()
      throw new CollectorError('start_failed', problem.message, { cause: problem })
    }
    if (!isUp) this.#background = this.#keepTrying()
  }

  /** Throws, to be tried again, while there is nothing to publish to. */
  publisher(): Publisher {
    if (this.#isReady && this.#publisher !== undefined) return this.#publisher
    const reason = this.#problem?.message ?? `not connected to ${this.#options.servers.join(', ')}`
    throw new CollectorError('unavailable', reason, { retryable: true })
  }

  /** The stream is not there any more: where it may be made it is made again, before anything else is published. */
  missing(): void {
    if (!this.#isReady || this.#options.stream.create === 'never') return
    this.#isReady = false
    this.#background = this.#background.then(async () => ((await this.#try()) ? undefined : this.#keepTrying()))
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#isReady = false
    await this.#background
    this.#publisher?.disconnected('the collector is stopping')
    const connection = this.#connection
    this.#connection = undefined
    if (connection !== undefined && !connection.isClosed()) await connection.drain().catch(() => connection.close())
  }

  async #try(): Promise<boolean> {
    try {
      this.#connection ??= await this.#connect()
      await ensureStream(this.#connection, this.#options, this.#patterns)
      this.#isReady = true
      this.#problem = undefined
      this.#ctx.status.report('ok')
      return true
    } catch (error) {
      this.#failed(error)
      return false
    }
  }

  async #connect(): Promise<NatsConnection> {
    const connection = await connect(connectionOptions(this.#options, this.#ctx.folder, this.#ctx.id))
    this.#publisher = new Publisher({
      connection,
      stream: this.#options.stream.name,
      maxInFlight: this.#options.max_in_flight,
      ackTimeoutMs: this.#options.ack_timeout,
      clock: this.#ctx.clock,
    })
    void this.#follow(connection).catch((error: unknown) => this.#failed(error))
    return connection
  }

  async #keepTrying(): Promise<void> {
    const { clock, random } = this.#ctx
    for (let wait = RETRY_FIRST_MS; !this.#stopped.signal.aborted; wait = Math.min(RETRY_MOST_MS, wait * 2)) {
      try {
        await clock.sleep(wait * (0.5 + random()), this.#stopped.signal)
      } catch {
        return
      }
      if (await this.#try()) return
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        this.#isReady = false
        this.#publisher?.disconnected(`the connection to ${connection.getServer()} was lost`)
        this.#failed(
          new CollectorError('unavailable', 'the connection was lost; it is being restored', { retryable: true }),
        )
      } else if (status.type === 'reconnect') {
        await this.#background
        this.#background = this.#try().then((isUp) => (isUp ? undefined : this.#keepTrying()))
      } else if (status.type === 'error')
        this.#ctx.log.warn('the server reported an error', { reason: String(status.error) })
    }
    if (this.#stopped.signal.aborted || this.#connection !== connection) return
    // The client has given up (authorisation, for one): begin anew.
    this.#connection = undefined
    this.#isReady = false
    this.#publisher?.disconnected('the connection was closed')
    this.#failed((await connection.closed()) ?? new Error('the connection was closed'))
    await this.#background
    this.#background = this.#keepTrying()
  }

  #failed(error: unknown): void {
    if (this.#stopped.signal.aborted) return
    const problem = CollectorError.from(error, 'unavailable')
    if (problem.message !== this.#problem?.message)
      this.#ctx.log.warn('JetStream cannot be reached or used', { reason: problem.message })
    this.#problem = problem
    this.#ctx.status.report(problem.code === 'config_invalid' ? 'failed' : 'degraded', problem.message)
  }
}
