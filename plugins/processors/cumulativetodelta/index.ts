/**
 * Makes deltas of cumulative monotonic sums and histograms, series by series, as the OpenTelemetry Collector's processor of
 * this name does. Gauges, summaries and sums that go down pass as they came.
 *
 * The last point of every series is kept in memory, and saved at the stop. After a crash every series begins anew.
 */
import { deserialize, serialize } from 'node:v8'
import { definePlugin } from 'seneca-collector'
import type {
  Batch,
  ConfigProblem,
  DataPoint,
  Infer,
  JsonSchema,
  MetricDraft,
  MetricRecord,
  NestedDraft,
} from 'seneca-collector'
import { compilePattern } from 'seneca-collector/ottl'
import { makeDelta, remember, type ConvertedType, type Remembered } from './delta.ts'
import { metricKey, pointKey } from './series-key.ts'

const match = {
  type: 'object',
  properties: {
    metrics: { type: 'array', items: { type: 'string' }, description: 'Names of metrics, or patterns (RE2).' },
    match_type: { enum: ['strict', 'regexp'], description: 'How `metrics` are compared.' },
    metric_types: {
      type: 'array',
      items: { type: 'string', pattern: '^(?i:sum|histogram|exponentialhistogram)$' },
      description: 'Types of metrics: `sum`, `histogram`, `exponentialhistogram`.',
    },
  },
} as const satisfies JsonSchema

const schema = {
  type: 'object',
  properties: {
    include: { ...match, description: 'Only these are converted.' },
    exclude: { ...match, description: 'These are not, also when they are included.' },
    max_staleness: {
      type: 'string',
      format: 'duration',
      default: '1h',
      description: 'After this long without a point a series is forgotten; 0 = never.',
    },
    initial_value: {
      enum: ['auto', 'keep', 'drop'],
      default: 'auto',
      description:
        'What becomes of the first point of a series. `auto`: kept when the series began after this collector did, else dropped.',
    },
    max_series: {
      type: 'integer',
      minimum: 1,
      default: 100_000,
      description: 'Series remembered; of more the one that was longest without a point is forgotten.',
    },
  },
} as const satisfies JsonSchema

type Config = Infer<typeof schema>
type Match = NonNullable<Config['include']>

const STATE = 'series'
const DELTA = 1
const CUMULATIVE = 2
const NANOS_PER_MS = 1_000_000n
const NO_RECORDED_VALUE = 1

const typeNames: Readonly<Record<ConvertedType, string>> = {
  sum: 'sum',
  histogram: 'histogram',
  exponential_histogram: 'exponentialhistogram',
}

const testOf = ({
  metrics,
  match_type: how,
  metric_types: types,
}: Match): ((name: string, type: ConvertedType) => boolean) => {
  const names = metrics?.map((source) =>
    how === 'regexp' ? compilePattern(source).test : (name: string) => name === source,
  )
  const wanted = types?.map((type) => type.toLowerCase())
  return (name, type) =>
    (names === undefined || names.some((test) => test(name))) &&
    (wanted === undefined || wanted.includes(typeNames[type]))
}

/** The type, when the metric is one that can be converted. */
const convertible = (metric: MetricRecord): ConvertedType | undefined => {
  const { type } = metric
  if (metric.aggregationTemporality !== CUMULATIVE || !(type in typeNames)) return undefined
  return type === 'sum' && !metric.isMonotonic ? undefined : (type as ConvertedType)
}

function* matchProblems(given: Match | undefined, at: string): Iterable<ConfigProblem> {
  if (given === undefined) return
  if ((given.metrics ?? []).length > 0 !== (given.match_type !== undefined))
    yield { path: [at], message: "'metrics' and 'match_type' belong together" }
  if (given.metrics === undefined && given.metric_types === undefined)
    yield { path: [at], message: "it needs 'metrics' or 'metric_types'" }
  if (given.match_type !== 'regexp') return
  for (const [i, source] of (given.metrics ?? []).entries()) {
    try {
      compilePattern(source)
    } catch (thrown) {
      yield { path: [at, 'metrics', i], message: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }
}

export default definePlugin({
  kind: 'processor',
  type: 'cumulativetodelta',
  aliases: ['cumulative_to_delta'],
  signals: ['metrics'],
  stability: 'beta',
  summary: 'Makes deltas of cumulative monotonic sums and histograms.',
  schema,
  examples: [
    { title: 'All of them', yaml: 'initial_value: auto' },
    { title: 'Some of them', yaml: "include:\n  metrics: ['^marcus\\.']\n  match_type: regexp" },
  ],
  *check(config: Config) {
    yield* matchProblems(config.include, 'include')
    yield* matchProblems(config.exclude, 'exclude')
  },
  create(ctx, config) {
    const included = config.include && testOf(config.include)
    const excluded = config.exclude && testOf(config.exclude)
    const startedAt = ctx.clock.nanos()
    const saved = ctx.storage.get(STATE)
    const series = new Map<string, Remembered>(saved && (deserialize(saved) as [string, Remembered][]))
    const left = ctx.meter.counter('otelcol_processor_cumulativetodelta_datapoints_dropped', {
      description: 'Points left out, by reason.',
      unit: '{datapoints}',
    })

    const put = (key: string, point: Remembered): void => {
      series.delete(key)
      series.set(key, point)
      for (const [oldest, { time }] of series) {
        const stale = config.max_staleness > 0 && point.time - time > BigInt(config.max_staleness) * NANOS_PER_MS
        if (!stale && series.size <= config.max_series) return
        series.delete(oldest)
      }
    }
    const keepsFirst = ({ startTime, time }: DataPoint): boolean => {
      if (config.initial_value !== 'auto') return config.initial_value === 'keep'
      return startTime >= startedAt && startTime !== time
    }
    const convert = (type: ConvertedType, metric: string, point: NestedDraft<DataPoint>): string | undefined => {
      const { item } = point
      if ((item.flags & NO_RECORDED_VALUE) !== 0) return 'no_recorded_value'
      if (Number.isNaN(Number(item.value ?? 0))) return undefined
      const key = pointKey(metric, item)
      const before = series.get(key)
      const now = remember(item, before)
      put(key, now)
      if (before === undefined) return keepsFirst(item) ? undefined : 'initial'
      return makeDelta(type, point, now, before)
    }
    const change = (draft: MetricDraft): void => {
      const { record } = draft
      const type = convertible(record)
      if (type === undefined || included?.(record.name, type) === false || excluded?.(record.name, type) === true)
        return
      const metric = metricKey(record)
      // As there: a sum without points goes, a histogram without any passes.
      if (type !== 'sum' && record.dataPoints.length === 0) return
      let kept = 0
      for (const point of draft.dataPoints) {
        const reason = convert(type, metric, point)
        if (reason === undefined) kept++
        else {
          point.drop()
          left.add(1, { reason })
        }
      }
      if (kept === 0) draft.drop()
      else draft.set(['aggregation_temporality'], DELTA)
    }
    return {
      async start() {
        // What is saved holds only from one orderly stop to the next start.
        if (saved) await ctx.storage.commit([[STATE, undefined]])
      },
      async consume(batch, signal) {
        const changed = (batch as Batch<'metrics'>).edit(change)
        if (changed.count < batch.count) ctx.filtered(batch.count - changed.count, 'no_delta')
        if (changed.count > 0) await ctx.next(changed, signal)
      },
      async stop() {
        await ctx.storage.commit([[STATE, serialize([...series])]])
      },
      inspect: (topic) => (topic === '' ? { series: series.size } : undefined),
    }
  },
})
