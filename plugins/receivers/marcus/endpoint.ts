/** The endpoint, which may come later, or with another port after a restart. */
import type { Context } from 'seneca-collector'
import type { Places } from './discovery.ts'
import type { EndpointState } from './inspect.ts'
import type { Fact, Observation } from './observation.ts'
import { createPoller, type Poller } from './sources/poller.ts'

/** Our own calls leave traces up to this long after they were made. */
const OWN_TRACE_MS = 5_000

export interface Endpoint {
  connect(places: Places): void
  /** The Marcus that runs now offers none: what was asked before is asked no more, and its outage, if any, is over. */
  leave(): void
  readonly state: EndpointState
  status(): Readonly<Record<string, unknown>> | undefined
  /** A failure that Marcus wrote down because we asked. */
  isOwnTrace(observation: Observation): boolean
  stop(): Promise<void>
}

export interface EndpointOptions {
  readonly tools: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly push: (fact: Fact, ref: string) => void
}

export const createEndpoint = (ctx: Pick<Context, 'clock' | 'random' | 'log'>, options: EndpointOptions): Endpoint => {
  let poller: Poller | undefined
  let address: string | undefined
  let isStopped = false

  return {
    connect: ({ endpoint }) => {
      if (isStopped || endpoint === undefined || options.tools.length === 0 || endpoint === address) return
      void poller?.stop()
      address = endpoint
      poller = createPoller(ctx, { ...options, endpoint })
    },
    leave: () => {
      if (poller === undefined || address === undefined) return
      if (poller.reachable() === 'unreachable') options.push({ kind: 'reachable', endpoint: address }, 'services')
      void poller.stop()
      poller = undefined
      address = undefined
    },
    get state() {
      return poller?.reachable() ?? 'none'
    },
    status: () => poller?.status(),
    isOwnTrace: (observation) => {
      if (observation.kind !== 'tool_failed' || observation.agent !== undefined) return false
      const at = poller?.askedAt(observation.tool)
      return at !== undefined && ctx.clock.now() - at <= OWN_TRACE_MS
    },
    stop: async () => {
      isStopped = true
      await poller?.stop()
    },
  }
}
