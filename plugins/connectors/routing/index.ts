/**
 * Sends records to pipelines by conditions: the first route that takes a record has it (unless the route copies), what no route
 * takes goes to the default pipelines, and without those it is counted as filtered by `no_route`.
 *
 * One output is one batch, in the order of the input. Outputs are handed over together; the input is acknowledged when all
 * of them have taken theirs, and rejected when one rejects (it is sent again as a whole, with the same ids).
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, CheckInfo, CollectorError, ConfigProblem, Infer, RecordOf, Signal } from 'seneca-collector'
import { compileConditions, failureReporter, matchOf, OttlError, toConfigProblems } from 'seneca-collector/ottl'
import type { ContextName, ProgramOptions } from 'seneca-collector/ottl'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>
type RouteConfig = Config['table'][number]

const supported: readonly string[] = ['resource', 'scope', 'log', 'event', 'span', 'metric']
/** Contexts of one signal: routes with them take no records of another. */
const signalOf: Readonly<Record<string, Signal>> = { log: 'logs', event: 'logs', span: 'traces', metric: 'metrics' }
const ROUTE = /^\s*route\s*\(\s*\)\s*(?:where\b)?/

/** The condition of a route, and where it starts in its text. An empty one always holds. */
const conditionOf = (
  route: RouteConfig,
): { readonly key: 'condition' | 'statement'; readonly text: string; readonly offset: number } => {
  if (route.statement === undefined) return { key: 'condition', text: route.condition ?? '', offset: 0 }
  const offset = ROUTE.exec(route.statement)?.[0].length ?? 0
  return { key: 'statement', text: route.statement.slice(offset), offset }
}

const compileRoute = (route: RouteConfig, options: ProgramOptions) => {
  const { text } = conditionOf(route)
  return compileConditions([text.trim() === '' ? 'true' : text], { ...options, context: route.context as ContextName })
}

const routeProblems = function* (route: RouteConfig, at: readonly (string | number)[]): Iterable<ConfigProblem> {
  if (!supported.includes(route.context)) {
    yield {
      path: [...at, 'context'],
      message: `the context ${route.context} is not supported; use one of ${supported.join(', ')}`,
    }
    return
  }
  if ((route.condition === undefined) === (route.statement === undefined)) {
    yield { path: at, message: 'a route has either a condition or a statement' }
    return
  }
  const { key, offset } = conditionOf(route)
  if (key === 'statement' && offset === 0) {
    yield {
      path: [...at, key],
      message: 'the statement of a route is `route() where` and a condition',
      offset: 0,
      length: 1,
    }
    return
  }
  yield* toConfigProblems([...at, key], compileRoute(route, {}).problems, { single: true, offset })
}

const pipelineProblems = function* (
  names: readonly string[],
  at: readonly (string | number)[],
  info: CheckInfo,
): Iterable<ConfigProblem> {
  for (const [i, name] of names.entries()) {
    if (info.pipelines.includes(name)) continue
    const message = `${info.id} is not among the receivers of a pipeline ${name}`
    yield { path: [...at, i], message, ...(info.pipelines.length === 1 ? { suggestion: info.pipelines[0]! } : {}) }
  }
}

/** Which output each record goes to. */
interface Sorted {
  readonly outputs: ReadonlyMap<string, ReadonlySet<number>>
  readonly unrouted: number
  readonly failed: ReadonlySet<number>
  readonly error: CollectorError | undefined
}

interface Route {
  readonly takes: (record: RecordOf[Signal], signal: Signal) => boolean
  readonly pipelines: readonly string[]
  readonly copies: boolean
}

const sort = (
  batch: Batch,
  routes: readonly Route[],
  defaults: readonly string[],
  onFailure: (thrown: OttlError) => boolean,
): Sorted => {
  const outputs = new Map<string, Set<number>>()
  const failed = new Set<number>()
  let error: CollectorError | undefined
  let unrouted = 0
  const send = (pipelines: readonly string[], i: number): void => {
    for (const pipeline of pipelines) {
      const indexes = outputs.get(pipeline)
      if (indexes === undefined) outputs.set(pipeline, new Set([i]))
      else indexes.add(i)
    }
  }
  const toDefault = (i: number): void => {
    send(defaults, i)
    if (defaults.length === 0) unrouted++
  }
  // A filter that keeps everything: the cheapest way to see every record once.
  batch.filter((record, i) => {
    try {
      if (!routed(record, batch.signal, i, routes, send)) toDefault(i)
    } catch (thrown) {
      if (!(thrown instanceof OttlError)) throw thrown
      if (onFailure(thrown)) {
        failed.add(i)
        error ??= thrown
      } else toDefault(i)
    }
    return true
  })
  return { outputs, unrouted, failed, error }
}

const routed = (
  record: RecordOf[Signal],
  signal: Signal,
  i: number,
  routes: readonly Route[],
  send: (pipelines: readonly string[], i: number) => void,
): boolean => {
  const taken = new Set<string>()
  let done = false
  for (const route of routes) {
    if (!route.takes(record, signal)) continue
    done = true
    for (const pipeline of route.pipelines) taken.add(pipeline)
    if (!route.copies) break
  }
  send([...taken], i)
  return done
}

export default definePlugin({
  kind: 'connector',
  type: 'routing',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Sends records to pipelines by conditions over them.',
  schema,
  examples: [
    {
      title: 'Critical events to an alert pipeline, the rest to the archive',
      yaml: `default_pipelines: [logs/archive]
table:
  - context: event
    condition: metadata["severity"] == "critical"
    pipelines: [logs/alerts]`,
    },
  ],
  *check(config: Config, info: CheckInfo): Iterable<ConfigProblem> {
    yield* pipelineProblems(config.default_pipelines, ['default_pipelines'], info)
    for (const [i, route] of config.table.entries()) {
      yield* routeProblems(route, ['table', i])
      yield* pipelineProblems(route.pipelines, ['table', i, 'pipelines'], info)
    }
  },
  create(ctx, config) {
    const report = failureReporter(ctx)
    const options: ProgramOptions = { errorMode: 'propagate', now: () => ctx.clock.nanos() }
    const routes = config.table.map((route): Route => {
      const conditions = compileRoute(route, options)
      const only = signalOf[route.context]
      return {
        takes: (record, signal) => (only === undefined || only === signal) && matchOf(conditions, signal, record) === 0,
        pipelines: route.pipelines,
        copies: route.action === 'copy',
      }
    })
    const onFailure = (thrown: OttlError): boolean => {
      if (config.error_mode === 'propagate') return true
      if (config.error_mode === 'ignore') report({ source: thrown.source, message: thrown.message })
      return false
    }
    return {
      async consume(batch, signal) {
        // Pipelines of other signals are other signals' routes.
        const isMine = (pipeline: string): boolean => pipeline.split('/')[0] === batch.signal
        const mine = routes
          .map((route) => ({ ...route, pipelines: route.pipelines.filter(isMine) }))
          .filter(({ pipelines }) => pipelines.length > 0)
        const defaults = config.default_pipelines.filter(isMine)
        const { outputs, unrouted, failed, error } = sort(batch, mine, defaults, onFailure)
        if (unrouted > 0) ctx.filtered(unrouted, 'no_route')
        if (error !== undefined)
          ctx.refused(
            batch.filter((_, i) => failed.has(i)),
            error,
          )
        const handed = [...outputs].map(([pipeline, indexes]) => {
          const part = indexes.size === batch.count ? batch : batch.filter((_, i) => indexes.has(i))
          return ctx.to(pipeline)(part, signal)
        })
        const settled = await Promise.allSettled(handed)
        const rejected = settled.find((result) => result.status === 'rejected')
        if (rejected !== undefined) throw rejected.reason
      },
    }
  },
})
