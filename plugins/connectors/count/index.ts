/**
 * Counts spans, span events, metrics, data points and log records, as the OpenTelemetry Collector's connector of this name does:
 * each batch becomes one batch of delta sums, with the resource of what was counted.
 */
import { asValue, definePlugin, metrics, valueToJson } from 'seneca-collector'
import type { Batch, ConfigProblem, Infer, MetricInit, RecordOf, Signal, ValueMap } from 'seneca-collector'
import { failureReporter, toConfigProblems } from 'seneca-collector/ottl'
import { compileCounts, countProblems, sections, type Counted, type CountOf } from './counts.ts'
import { schema } from './schema.ts'

const DELTA = 1

/** Groups of a batch's records that share a resource. */
const resourceKey = (record: RecordOf[Signal]): string =>
  JSON.stringify([
    record.resource.schemaUrl,
    ...Array.from(record.resource.attributes, ([key, value]) => [key, valueToJson(value)]),
  ])

const metricOf = ({ name, description }: CountOf, { points, from, to }: Counted, now: bigint): MetricInit => {
  const [startTime, time] = from === 0n ? [now, now] : [from, to]
  return {
    name,
    description,
    type: 'sum',
    aggregationTemporality: DELTA,
    isMonotonic: true,
    dataPoints: points.map(([attributes, value]) => ({ attributes, startTime, time, value })),
  }
}

export default definePlugin({
  kind: 'connector',
  type: 'count',
  signals: ['logs', 'metrics', 'traces'],
  makes: ['metrics'],
  stability: 'beta',
  summary: 'Counts spans, span events, metrics, data points and log records.',
  schema,
  examples: [
    { title: 'Everything', yaml: '{}' },
    {
      title: 'Errors by environment',
      yaml: `logs:
  log.error.count:
    description: Log records of severity ERROR and above.
    conditions: ['severity_number >= SEVERITY_NUMBER_ERROR']
    attributes:
      - { key: env, default_value: unknown }`,
    },
  ],
  *check(config: Infer<typeof schema>): Iterable<ConfigProblem> {
    for (const { at, problems } of countProblems(config)) yield* toConfigProblems(at, problems)
    for (const section of sections) {
      for (const [name, { attributes = [] }] of Object.entries(config[section] ?? {})) {
        if (section === 'metrics' && attributes.length > 0)
          yield {
            path: [section, name, 'attributes'],
            message: 'a metric has no attributes; count its data points, under datapoints',
          }
      }
    }
  },
  create(ctx, config) {
    const counts = compileCounts(config, { onError: failureReporter(ctx), now: () => ctx.clock.nanos() })
    const count = (batch: Batch): readonly Batch<'metrics'>[] =>
      Array.from(batch.groupBy(resourceKey).values(), (group) => {
        const time = ctx.clock.nanos()
        const made = counts[group.signal].flatMap((each) => {
          const counted = each.count(group)
          return counted.points.length === 0 ? [] : [metricOf(each, counted, time)]
        })
        const { resource } = group.at(0)
        const attributes = asValue(Object.fromEntries(resource.attributes)) as ValueMap
        return metrics(made, {
          resource: { attributes, schemaUrl: resource.schemaUrl },
          scope: { name: 'seneca-collector/count' },
        })
      })
    return {
      async consume(batch, signal) {
        if (batch.count === 0) return
        for (const counted of count(batch)) if (counted.count > 0) await ctx.next(counted, signal)
      },
    }
  },
})
