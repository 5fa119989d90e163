/**
 * An MCP server to ask: `connectMcp` over the supervisor.
 *
 * - A tool outside the list is refused before anything is sent. A tool's own refusal is an answer, not an error.
 * - A call waits for a connection attempt under way, and fails at once while the supervisor pauses between two.
 * - A call that met a session the server has forgotten is asked again once in the new one; nothing else is repeated.
 * - At most 64 requests are open at a time.
 */
import { CollectorError } from '../kit/errors.ts'
import { readAnswer } from './answer.ts'
import type { RawResult } from './answer.ts'
import { NEVER_MS } from './constants.ts'
import type { Session } from './session.ts'
import { supervise } from './supervisor.ts'
import type { Counts, Supervisor } from './supervisor.ts'
import type {
  CallOptions,
  McpConnection,
  McpEnvironment,
  McpNotification,
  McpOptions,
  McpTool,
  ResourceContent,
  ToolAnswer,
} from './types.ts'

const TIMEOUT_MS = 15_000
const IN_FLIGHT_MOST = 64
const AUTHORIZE_ROUNDS = 3

type Ask = <T>(
  what: string,
  call: CallOptions,
  run: (session: Session, signal: AbortSignal) => Promise<T>,
) => Promise<T>

const asker = (supervisor: Supervisor, counts: Counts, timeoutMs: number): Ask => {
  let open = 0
  return async (what, call, run) => {
    if (open >= IN_FLIGHT_MOST) {
      throw new CollectorError('unavailable', `${what}: ${IN_FLIGHT_MOST} requests are open already`, {
        retryable: true,
      })
    }
    const limits = {
      timeoutMs: call.timeoutMs ?? timeoutMs,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    }
    counts.calls++
    open++
    try {
      for (let round = 0; ; round++) {
        const session = await supervisor.current(call.signal)
        try {
          return await session.request(what, limits, (signal) => run(session, signal))
        } catch (thrown) {
          if (session.gone && round === 0) continue
          if (thrown instanceof CollectorError && thrown.code === 'timeout') supervisor.silent(session)
          throw thrown
        }
      }
    } catch (thrown) {
      counts.failures++
      if (thrown instanceof CollectorError && thrown.code === 'timeout') counts.timeouts++
      throw thrown
    } finally {
      open--
    }
  }
}

/** By name: the library's classes are loaded with the first handshake. */
const isUnauthorized = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'UnauthorizedError'

/** One call of a tool, with the rounds of authorization it may take. */
const callTool = async (
  session: Session,
  tool: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<RawResult> => {
  for (let round = 0; ; round++) {
    try {
      return await session.client.callTool(
        { name: tool, arguments: { ...args }, _meta: { ...session.meta } },
        { signal, timeout: NEVER_MS },
      )
    } catch (thrown) {
      if (!isUnauthorized(thrown) || round >= AUTHORIZE_ROUNDS || !(await session.authorize())) throw thrown
    }
  }
}

const toolCaller = (
  options: McpOptions,
  env: McpEnvironment,
  ask: Ask,
  supervisor: Supervisor,
  counts: Counts,
): McpConnection['call'] => {
  const { clock } = env
  const allowed = options.tools === undefined ? undefined : new Set(options.tools)
  return async (tool, args = {}, call = {}) => {
    if (allowed !== undefined && !allowed.has(tool)) {
      throw new CollectorError('rejected', `the tool "${tool}" is not in this connection's list`)
    }
    const askedAt = clock.now()
    const began = clock.monotonic()
    const done = (answer: Omit<ToolAnswer, 'tool' | 'askedAt' | 'answeredAt' | 'durationMs'>): ToolAnswer => {
      if (answer.malformed !== undefined) counts.malformed++
      return { ...answer, tool, askedAt, answeredAt: clock.now(), durationMs: clock.monotonic() - began }
    }
    try {
      return done(
        readAnswer(await ask(`tool ${tool}`, call, (session, signal) => callTool(session, tool, args, signal))),
      )
    } catch (thrown) {
      if (thrown instanceof CollectorError) {
        if (thrown.code === 'invalid_data') counts.malformed++
        throw thrown
      }
      // Only JSON-RPC errors are left: the server answered, and said no.
      const { code, message } = thrown as { readonly code: number; readonly message: string }
      supervisor.contact()
      const failure = {
        shape: 'protocol',
        message: message.replace(/^MCP error -?\d+: /, ''),
        code: String(code),
      } as const
      return done({ value: null, from: 'empty', ok: false, failure })
    }
  }
}

type Asked = Pick<McpConnection, 'listTools' | 'listResources' | 'readResource'>

const reads = (ask: Ask): Asked => ({
  listTools: (call = {}) =>
    ask('tools/list', call, async ({ client }, signal) => {
      const { tools } = await client.listTools(undefined, { signal, timeout: NEVER_MS })
      return tools as readonly McpTool[]
    }),
  listResources: (call = {}) =>
    ask('resources/list', call, async ({ client }, signal) => {
      const { resources } = await client.listResources(undefined, { signal, timeout: NEVER_MS })
      return resources
    }),
  readResource: (uri, call = {}) =>
    ask(`resource ${uri}`, call, async ({ client }, signal) => {
      const { contents } = await client.readResource({ uri }, { signal, timeout: NEVER_MS, cacheMode: 'bypass' })
      return contents as readonly ResourceContent[]
    }),
})

type Following = Pick<McpConnection, 'subscribeResource' | 'unsubscribeResource'>

const following = (ask: Ask, supervisor: Supervisor, uris: Set<string>): Following => ({
  subscribeResource: async (uri, call = {}) => {
    uris.add(uri)
    if (supervisor.session === undefined) return
    await ask(`following ${uri}`, call, (session, signal) => session.follow(uris, signal))
  },
  unsubscribeResource: async (uri, call = {}) => {
    if (!uris.delete(uri) || supervisor.session === undefined) return
    await ask(`leaving ${uri}`, call, async (session, signal) => {
      if (session.peer.era === 'modern') await session.follow(uris, signal)
      else await session.leave(uri, signal)
    })
  },
})

/** Opens a connection in the background and keeps it open. */
export const connectMcp = (options: McpOptions, env: McpEnvironment): McpConnection => {
  const counts: Counts = {
    calls: 0,
    failures: 0,
    timeouts: 0,
    tooLarge: 0,
    skippedLines: 0,
    malformed: 0,
    reconnects: 0,
  }
  const listeners = new Set<(notification: McpNotification) => void>()
  const uris = new Set<string>()
  const supervisor = supervise(options, env, {
    counts,
    onNotification: (notification) => {
      for (const listener of listeners) listener(notification)
    },
    onOpen: async (session, signal) => {
      if (uris.size > 0 || listeners.size > 0) await session.follow(uris, signal)
    },
  })
  const ask = asker(supervisor, counts, options.timeoutMs ?? TIMEOUT_MS)
  return {
    get state() {
      return supervisor.state
    },
    get peer() {
      return supervisor.peer
    },
    get counts() {
      return { ...counts }
    },
    get reason() {
      return supervisor.reason
    },
    ready: (signal) => supervisor.ready(signal),
    call: toolCaller(options, env, ask, supervisor, counts),
    ...reads(ask),
    onNotification: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ...following(ask, supervisor, uris),
    close: () => supervisor.close(),
  }
}
