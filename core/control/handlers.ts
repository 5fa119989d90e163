/**
 * What a running collector answers: one table, served over the control socket and, by the same functions, wherever else a
 * server stands. A handler answers JSON, or lines as they come; it throws CollectorError for what the caller got wrong.
 */
import type { Collector, ReloadPlan, StopReport } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { storeHandlers } from './store-handlers.ts'
import { tapLines, tapOptions } from './tap.ts'

export interface ControlRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal
}
export type ControlAnswer = { readonly json: unknown } | { readonly lines: AsyncIterable<string> }

export interface ControlHandler {
  readonly method: 'GET' | 'POST'
  /** Segments; `:name` takes one (percent-decoded), a last `:name*` the rest. */
  readonly path: string
  readonly summary: string
  handle(request: ControlRequest): ControlAnswer | Promise<ControlAnswer>
}

/** What the process knows beside the engine. */
export interface CollectorInfo {
  readonly pid: number
  readonly version: string
  /** ISO time. */
  readonly started_at: string
  readonly data_directory: string
  readonly configuration: readonly string[]
  readonly once: boolean
}

/** What a reload came to. */
export interface ReloadAnswer {
  /** False: what was goes on, or only the plan was asked for. */
  readonly applied: boolean
  /** Of the configuration that runs; of the one that was read when only the plan was asked for. */
  readonly hash: string
  readonly generation: number
  readonly plan?: ReloadPlan
  /** Why it was not applied. */
  readonly reason?: string
  /** What `validate` prints of it. */
  readonly problems?: string
}

export interface Controlled {
  readonly collector: () => Collector
  readonly info: CollectorInfo
  /** The hash of the configuration that runs; absent where it was not read from files. */
  readonly hash?: () => string | undefined
  /** Absent where the configuration cannot be read again. */
  readonly reload?: (options: { readonly plan: boolean }) => Promise<ReloadAnswer>
  /** Begins an orderly stop; resolves when it is over. */
  readonly stop: () => Promise<StopReport>
}

const worst = (states: readonly string[]): string =>
  ['failed', 'degraded', 'starting', 'ok', 'stopped'].find((state) => states.includes(state)) ?? 'ok'

/** Which configuration runs, the how manieth, and since when. */
const runningOf = ({ collector, hash }: Controlled): Readonly<Record<string, unknown>> => {
  const { number, since } = collector().generation
  return { configuration_hash: hash?.(), generation: number, configured_at: new Date(since).toISOString() }
}

const processStats = (): Readonly<Record<string, number>> => {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpu_seconds: (user + system) / 1e6, rss_bytes: rss, heap_bytes: heapUsed, uptime_seconds: process.uptime() }
}

const inspect = async ({ collector }: Controlled, { params, query }: ControlRequest): Promise<ControlAnswer> => {
  const { kind = '', id = '', topic = '' } = params
  const component = `${kind}/${id}`
  const known = collector()
    .status()
    .map((status) => `${status.kind}/${status.id}`)
  if (!known.includes(component))
    throw new CollectorError('not_found', `there is no component '${component}'; there are ${known.join(', ')}`)
  const answer = await collector().inspect(component, topic, Object.fromEntries(query))
  if (answer === undefined)
    throw new CollectorError('not_found', `the component '${component}' has nothing to say about '${topic}'`)
  return { json: answer }
}

export const controlHandlers = (controlled: Controlled): readonly ControlHandler[] => {
  const { collector, info, stop } = controlled
  return [
    {
      method: 'GET',
      path: '/status',
      summary: 'The collector and the state of each component.',
      handle() {
        const components = collector().status()
        const state = worst(components.map((one) => one.state))
        return { json: { ...info, state, ...runningOf(controlled), components } }
      },
    },
    {
      method: 'GET',
      path: '/stats',
      summary: 'Records, errors, time and queues of each step, the balance, and what the process costs.',
      handle: () => ({ json: { steps: collector().stats(), balance: collector().balance(), process: processStats() } }),
    },
    {
      method: 'GET',
      path: '/balance',
      summary: 'The balance of each pipeline.',
      handle: () => ({ json: collector().balance() }),
    },
    {
      method: 'GET',
      path: '/graph',
      summary: 'Components and how they are joined.',
      handle: () => ({ json: collector().graph() }),
    },
    ...storeHandlers(controlled),
    {
      method: 'GET',
      path: '/metrics',
      summary: "The collector's own metrics, with the OpenTelemetry Collector's names.",
      handle: () => ({ json: collector().metrics() }),
    },
    {
      method: 'GET',
      path: '/tap',
      summary:
        'Events as they pass, as envelope lines: ?pattern=agent.* (repeatable), ?at=receiver|pipeline|exporter[/id].',
      handle: ({ query, signal }) => ({ lines: tapLines(collector(), tapOptions(query), signal) }),
    },
    {
      method: 'GET',
      path: '/inspect/:kind/:id/:topic*',
      summary: 'What a component tells about itself.',
      handle: (request) => inspect(controlled, request),
    },
    {
      method: 'POST',
      path: '/reload',
      summary: 'Read the configuration again and go on with it; ?plan=true only says what would be done.',
      async handle({ query }) {
        if (!controlled.reload)
          throw new CollectorError('usage', 'this collector was not started from files that could be read again')
        return { json: await controlled.reload({ plan: query.get('plan') === 'true' }) }
      },
    },
    {
      method: 'POST',
      path: '/stop',
      summary: 'Stop in order; answers when it is done.',
      handle: async () => ({ json: await stop() }),
    },
  ]
}
