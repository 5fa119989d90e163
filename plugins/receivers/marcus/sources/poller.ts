/**
 * The endpoint, asked seldom and only with tools that read. Every call is marked (`ping` with an echo that holds
 * "seneca"), one is open at a time. A tool that is broken in this Marcus is told once in `status` and tried again hourly.
 */
import { CollectorError, type Clock, type Context } from 'seneca-collector'
import { connectMcp, type McpConnection, type McpEvent, type ToolAnswer } from 'seneca-collector/mcp'
import type { Fact } from '../observation.ts'
import { parseReply } from '../parse/replies.ts'

export interface PollerOptions {
  readonly endpoint: string
  readonly tools: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly push: (fact: Fact, ref: string) => void
}

export interface Poller {
  /** When a tool was asked last, on the clock of the calls. */
  askedAt(tool: string): number | undefined
  reachable(): 'ok' | 'unreachable'
  status(): Readonly<Record<string, unknown>>
  stop(): Promise<void>
}

const BROKEN_RETRY_MS = 3_600_000
/** Every tool but the list is asked every so many rounds. */
const SELDOM = 2
const MARKER = 'seneca-collector'

const argumentsFor = (tool: string): Readonly<Record<string, unknown>> => (tool === 'ping' ? { echo: MARKER } : {})

/** An error of the tool's own code or a tool that is not there, as opposed to a "no" that may be a "yes" next time. */
const isBroken = ({ failure }: ToolAnswer): boolean =>
  failure !== undefined &&
  (failure.shape === 'is_error' ||
    failure.shape === 'protocol' ||
    /has no attribute|is not defined|NoneType/.test(failure.message))

/** Changes of the connection as facts. A server that never answered is not there yet; that is no outage. */
const eventTeller = (endpoint: string, push: PollerOptions['push']): ((event: McpEvent) => void) => {
  let everOpen = false
  return (event) => {
    const { peer, transport, era = null } = event
    const connection = { kind: 'connection', peer, transport, era } as const
    if (event.kind === 'opened') {
      push({ ...connection, change: 'opened' }, 'mcp')
      if (everOpen) push({ kind: 'reachable', endpoint }, 'mcp')
      everOpen = true
    } else if (event.kind === 'lost') {
      push({ ...connection, change: 'lost', reason: event.reason }, 'mcp')
      push({ kind: 'unreachable', endpoint }, 'mcp')
    } else if (event.kind === 'restored') {
      push({ ...connection, change: 'restored', outage: event.outageSeconds }, 'mcp')
      push({ kind: 'reachable', endpoint }, 'mcp')
    } else if (everOpen) push({ kind: 'unreachable', endpoint }, 'mcp')
  }
}

/** Marcus is on the same host: a refused connection costs nothing, and its return should be known at once. */
const RECONNECT = { firstMs: 500, mostMs: 5_000 }

export const createPoller = (ctx: Pick<Context, 'clock' | 'random' | 'log'>, options: PollerOptions): Poller => {
  const { endpoint, tools, push } = options
  const clock: Clock = ctx.clock
  const stopping = new AbortController()
  const asked = new Map<string, number>()
  const broken = new Map<string, { readonly reason: string; readonly until: number }>()
  const durations = new Map<string, number>()
  const connection: McpConnection = connectMcp(
    {
      transport: 'http',
      endpoint,
      tools,
      timeoutMs: options.timeoutMs,
      clientName: MARKER,
      livenessMs: 2_000,
      reconnect: RECONNECT,
    },
    { clock, random: ctx.random, log: ctx.log, onEvent: eventTeller(endpoint, push) },
  )

  const take = (tool: string, answer: ToolAnswer): void => {
    durations.set(tool, answer.durationMs)
    if (!answer.ok) {
      if (!isBroken(answer)) return
      const reason = answer.failure?.message.slice(0, 300) ?? 'failed'
      if (!broken.has(tool)) ctx.log.warn('a tool of Marcus is broken; it is tried again hourly', { tool, reason })
      broken.set(tool, { reason, until: clock.now() + BROKEN_RETRY_MS })
      return
    }
    broken.delete(tool)
    for (const fact of parseReply(tool, answer.value).facts) push(fact, `mcp/${tool}`)
  }

  const ask = async (tool: string): Promise<void> => {
    if ((broken.get(tool)?.until ?? 0) > clock.now()) return
    asked.set(tool, clock.now())
    try {
      take(tool, await connection.call(tool, argumentsFor(tool), { signal: stopping.signal }))
    } catch (error) {
      if (!stopping.signal.aborted) ctx.log.debug('a poll failed', { tool, reason: CollectorError.from(error).message })
    }
  }

  const run = async (): Promise<void> => {
    for (let round = 0; !stopping.signal.aborted; round++) {
      await connection.ready(stopping.signal)
      for (const tool of tools) {
        if (tool === 'list_registered_agents' || round % SELDOM === 0) await ask(tool)
      }
      await clock.sleep(options.intervalMs * (0.9 + ctx.random() * 0.2), stopping.signal)
    }
  }
  const running = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) ctx.log.error('polling has ended', { reason: CollectorError.from(error).message })
  })

  return {
    reachable: () => (connection.state === 'open' ? 'ok' : 'unreachable'),
    askedAt: (tool) => asked.get(tool),
    status: () => ({
      endpoint,
      state: connection.state,
      ...(connection.reason === undefined ? {} : { reason: connection.reason }),
      broken_tools: Object.fromEntries([...broken].map(([tool, { reason }]) => [tool, reason])),
      milliseconds: Object.fromEntries([...durations].map(([tool, ms]) => [tool, Math.round(ms)])),
    }),
    stop: async () => {
      stopping.abort(new CollectorError('stopping', 'the receiver stops'))
      await connection.close()
      await running
    },
  }
}
