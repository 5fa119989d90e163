/**
 * Keeps one session open.
 *
 *   connecting ──handshake──▶ open ──lost──▶ connecting …
 *       └──failed──▶ waiting ──after a jittered pause──▶ connecting        (any) ──close──▶ closed
 *
 * - `opened` is told once, `lost` when an open session ends, `restored` with the outage and the gap when the next one
 *   stands, `failed` for each attempt in between. What happened at the server during a gap was not seen: say so.
 * - A session is lost when the process ends, the peer cannot be reached, the server answers 404 to the session, a silent
 *   peer's port no longer answers (checked every `livenessMs`), or two requests in a row get no answer in time.
 * - Pauses: jitter between a fifth of and the whole ceiling, which doubles from `firstMs` to `mostMs`. A session that
 *   lived under 10 s counts as a failed attempt, so that a server that dies at once is not asked in a tight loop.
 */
import { CollectorError } from '../kit/errors.ts'
import { NEVER_MS, peerName } from './constants.ts'
import { absence } from './liveness.ts'
import type { authProvider } from './auth.ts'
import type { Session, SessionHooks } from './session.ts'
import type { McpCounts, McpEnvironment, McpEvent, McpNotification, McpOptions, McpPeer, McpState } from './types.ts'

const LIVENESS_MS = 4_000
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024
const FIRST_MS = 500
const MOST_MS = 30_000
const PING_MS = 5_000
const STABLE_MS = 10_000
const SILENT_REQUESTS = 2

export type Counts = { -readonly [K in keyof McpCounts]: McpCounts[K] }

export interface Supervisor {
  readonly state: McpState
  readonly reason: string | undefined
  readonly peer: McpPeer
  /** The open session, if there is one. */
  readonly session: Session | undefined
  /** Waits for an attempt under way; throws `unavailable` while pausing between two. */
  current(signal?: AbortSignal): Promise<Session>
  /** Waits until a session is open. */
  ready(signal?: AbortSignal): Promise<void>
  contact(): void
  /** A request got no answer in time. */
  silent(session: Session): void
  close(): Promise<void>
}

export interface SupervisorHooks {
  readonly counts: Counts
  readonly onNotification: (notification: McpNotification) => void
  /** A new session stands: renew what lives in it. */
  readonly onOpen: (session: Session, signal: AbortSignal) => Promise<void>
}

const cancelled = (): CollectorError => new CollectorError('cancelled', 'waiting for the connection was cancelled')
const stopped = (): CollectorError => new CollectorError('stopping', 'the connection is closed')

/** Resolves with the promise, or rejects when the signal aborts first. */
const orAborted = async (promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
  if (signal === undefined) return promise
  if (signal.aborted) throw cancelled()
  const { promise: aborted, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(cancelled())
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** What is known of the connection; written by the loop, read by everybody. */
const newStatus = (options: McpOptions, env: McpEnvironment) => ({
  state: 'connecting' as McpState,
  reason: undefined as string | undefined,
  session: undefined as Session | undefined,
  peer: { peer: peerName(options), transport: options.transport } as McpPeer,
  lastSeen: env.clock.now(),
  lastContact: env.clock.monotonic(),
  nextAttemptAt: 0,
  unanswered: 0,
  /** Resolves when the attempt under way has ended, either way. */
  settled: Promise.withResolvers<void>(),
})
type StatusOf = ReturnType<typeof newStatus>

const notConnected = (status: StatusOf, now: number): CollectorError =>
  new CollectorError('unavailable', `${status.peer.peer} is not connected: ${status.reason ?? 'no reason known'}`, {
    retryable: true,
    retryAfterMs: Math.max(0, status.nextAttemptAt - now),
  })

const settle = (status: StatusOf): void => {
  const before = status.settled
  status.settled = Promise.withResolvers()
  before.resolve()
}

/** Asks whether a silent HTTP peer is still there; a process tells by itself. */
const livenessCheck = (options: McpOptions, env: McpEnvironment, status: StatusOf, everyMs: number) => {
  let checking = false
  return async (force: boolean): Promise<void> => {
    const asked = status.session
    if (asked === undefined || checking || options.transport === 'stdio') return
    if (!force && env.clock.monotonic() - status.lastContact < everyMs) return
    checking = true
    const why = await absence(options.endpoint, env.clock)
    checking = false
    if (why !== undefined) asked.lose(`cannot be reached: ${why}`)
    else if (force && asked.peer.era === 'legacy') {
      // Somebody is there; whether it is the same one, the session tells.
      await asked
        .request('ping', { timeoutMs: PING_MS }, (signal) => asked.client.ping({ signal, timeout: NEVER_MS }))
        .catch(() => undefined)
    }
  }
}

interface Loop {
  readonly options: McpOptions
  readonly env: McpEnvironment
  readonly status: StatusOf
  readonly hooks: SupervisorHooks
  readonly signal: AbortSignal
  readonly open: () => Promise<Session>
  readonly check: (force: boolean) => Promise<void>
  readonly livenessMs: number
}

const pause = async ({ options, env, status, signal }: Loop, attempt: number, why: string): Promise<void> => {
  const first = options.reconnect?.firstMs ?? FIRST_MS
  const ceiling = Math.min(options.reconnect?.mostMs ?? MOST_MS, first * 2 ** Math.min(attempt - 1, 16))
  const wait = Math.round(ceiling * (0.2 + 0.8 * env.random()))
  status.state = 'waiting'
  status.reason = why
  status.nextAttemptAt = env.clock.now() + wait
  env.onEvent?.({ kind: 'failed', at: env.clock.now(), reason: why, attempt, retryInMs: wait, ...status.peer })
  settle(status)
  await env.clock.sleep(wait, signal).catch(() => undefined)
}

/** From the handshake to the loss; the answer is the reason. */
const stay = async ({ env, status, hooks, signal, check, livenessMs }: Loop, session: Session): Promise<string> => {
  const stop = livenessMs > 0 ? env.clock.every(livenessMs, () => void check(false)) : undefined
  await Promise.race([
    session.lost,
    hooks.onOpen(session, signal).catch((thrown: unknown) => {
      env.log.warn('following the server failed', {
        peer: status.peer.peer,
        reason: CollectorError.from(thrown).message,
      })
    }),
  ])
  const why = await session.lost
  stop?.()
  return why
}

const run = async (loop: Loop): Promise<void> => {
  const { env, status, hooks, signal } = loop
  const { clock } = env
  const tell = (event: McpEvent): void => env.onEvent?.(event)
  let attempt = 0
  let lost: { readonly at: number; readonly seen: number } | undefined
  while (!signal.aborted) {
    status.state = 'connecting'
    let session: Session
    try {
      session = await loop.open()
    } catch (thrown) {
      if (!signal.aborted) await pause(loop, ++attempt, CollectorError.from(thrown).message)
      continue
    }
    if (signal.aborted) {
      await session.close()
      break
    }
    const since = clock.monotonic()
    const at = clock.now()
    Object.assign(status, {
      session,
      peer: session.peer,
      state: 'open',
      reason: undefined,
      lastSeen: at,
      lastContact: since,
      unanswered: 0,
    })
    if (lost === undefined) tell({ kind: 'opened', at, ...status.peer })
    else {
      hooks.counts.reconnects++
      tell({
        kind: 'restored',
        at,
        outageSeconds: (at - lost.at) / 1000,
        gap: { from: lost.seen, to: at },
        ...status.peer,
      })
    }
    settle(status)
    const why = await stay(loop, session)
    status.session = undefined
    if (!signal.aborted) {
      status.state = 'connecting'
      status.reason = why
      lost = { at: clock.now(), seen: status.lastSeen }
      tell({ kind: 'lost', at: lost.at, reason: why, lastSeen: lost.seen, ...status.peer })
    }
    await session.close()
    attempt = clock.monotonic() - since < STABLE_MS ? attempt + 1 : 0
    if (attempt > 1 && !signal.aborted) await pause(loop, attempt - 1, why)
  }
  status.state = 'closed'
  settle(status)
}

const hooksOf = (
  options: McpOptions,
  env: McpEnvironment,
  { counts, onNotification }: SupervisorHooks,
  onContact: () => void,
  onDoubt: () => void,
): SessionHooks => ({
  maxBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
  onContact,
  onNotification,
  onDoubt,
  onSkipped: (line) => {
    counts.skippedLines++
    env.log.debug('skipped a line on stdout that is no JSON', { characters: line.length })
  },
  onMalformed: (why) => {
    counts.malformed++
    env.log.debug('malformed message', { reason: why })
  },
  onTooLarge: () => {
    counts.tooLarge++
  },
})

/** The library is loaded with the first attempt: a configuration that only names a server does not pay for it. */
const opener = (
  options: McpOptions,
  env: McpEnvironment,
  hooks: SessionHooks,
  signal: AbortSignal,
): (() => Promise<Session>) => {
  let provider: ReturnType<typeof authProvider> | undefined
  return async () => {
    const [{ openSession }, auth] = await Promise.all([import('./session.ts'), import('./auth.ts')])
    // One for the life of the connection, so that tokens outlive a session.
    provider ??= auth.authProvider(
      options.transport === 'http' ? options.auth : undefined,
      options.clientName ?? 'seneca-collector',
    )
    return openSession(options, provider, env, hooks, signal)
  }
}

/** Opens a session in the background and keeps one open until `close`. */
export const supervise = (options: McpOptions, env: McpEnvironment, hooks: SupervisorHooks): Supervisor => {
  const { clock } = env
  const livenessMs = options.transport === 'http' ? (options.livenessMs ?? LIVENESS_MS) : 0
  const closing = new AbortController()
  const status = newStatus(options, env)
  const check = livenessCheck(options, env, status, livenessMs)
  const contact = (): void => {
    status.lastSeen = clock.now()
    status.lastContact = clock.monotonic()
    status.unanswered = 0
  }
  const sessionHooks = hooksOf(options, env, hooks, contact, () => void check(true))
  const open = opener(options, env, sessionHooks, closing.signal)
  const usable = (): Session | undefined => (status.session?.gone === true ? undefined : status.session)

  const awaitSession = async (orFail: boolean, signal?: AbortSignal): Promise<Session> => {
    for (;;) {
      if (closing.signal.aborted) throw stopped()
      const session = usable()
      if (session !== undefined) return session
      if (orFail && status.state === 'waiting') throw notConnected(status, clock.now())
      await orAborted(status.settled.promise, signal)
    }
  }

  const running = run({ options, env, status, hooks, signal: closing.signal, open, check, livenessMs })
  return {
    get state() {
      return status.state
    },
    get reason() {
      return status.reason
    },
    get peer() {
      return status.peer
    },
    get session() {
      return usable()
    },
    current: (signal) => awaitSession(true, signal),
    ready: async (signal) => void (await awaitSession(false, signal)),
    contact,
    silent: (session) => {
      status.unanswered++
      if (status.unanswered >= SILENT_REQUESTS) session.lose(`${status.unanswered} requests in a row got no answer`)
    },
    close: async () => {
      closing.abort()
      settle(status)
      await status.session?.close()
      await running
    },
  }
}
