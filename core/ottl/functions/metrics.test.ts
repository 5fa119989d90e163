import { describe, expect, it } from 'vitest'
import { metrics } from '../../model/index.ts'
import type { Batch, MetricInit } from '../../model/index.ts'
import { compileStatements, editBatch } from '../index.ts'
import type { ContextName } from '../index.ts'

const changed = (init: MetricInit, statements: readonly string[], context: ContextName = 'metric') => {
  const program = compileStatements(statements, { context })
  expect(program.problems).toEqual([])
  const { changed: out, error } = editBatch(metrics([init]), [program])
  if (error !== undefined) throw error
  return Array.from(out as Batch<'metrics'>, (metric) => metric.keep())
}

const exponential: MetricInit = {
  name: 'e',
  type: 'exponential_histogram',
  aggregationTemporality: 1,
  dataPoints: [
    {
      attributes: { a: 1 },
      count: 10,
      sum: 20,
      scale: 0,
      zeroCount: 1,
      positive: { offset: 0, bucketCounts: [2, 4] },
      negative: { offset: 0, bucketCounts: [3] },
    },
  ],
}

describe('the functions of metrics', () => {
  // Buckets (1, 2] × 2, (2, 4] × 4, [-2, -1) × 3, one zero.
  it.each([
    ['upper', [3, 1, 2, 4]],
    ['midpoint', [3, 1, 6, 0]],
    ['uniform', [3, 1, 4, 2]],
  ])('lay exponential buckets over explicit bounds by %s', (distribution, counts) => {
    const [out] = changed(exponential, [
      `convert_exponential_histogram_to_histogram("${distribution}", [-1.0, 0.5, 3.0])`,
    ])
    const [point] = out!.dataPoints
    expect([
      out!.type,
      out!.aggregationTemporality,
      point!.bucketCounts,
      point!.count,
      point!.attributes.get('a'),
    ]).toEqual(['histogram', 1, counts, 10, 1])
  })

  it.each([
    ['sum', 6],
    ['max', 3],
    ['min', 1],
    ['mean', 2],
    ['median', 2],
    ['count', 3],
  ])('join points that become alike by their %s', (kind, value) => {
    const [out] = changed(
      {
        name: 'g',
        type: 'gauge',
        dataPoints: [1, 2, 3].map((n) => ({ attributes: { host: `h${n}`, zone: 'a' }, value: n })),
      },
      [`aggregate_on_attributes("${kind}", ["zone"])`],
    )
    expect(out!.dataPoints.map((point) => [point.value, [...point.attributes]])).toEqual([[value, [['zone', 'a']]]])
  })

  it('join values of an attribute, and histograms bucket by bucket', () => {
    const point = (host: string) => ({
      attributes: { host },
      count: 3,
      sum: 4.5,
      min: 1,
      max: 2,
      bucketCounts: [1, 2],
      explicitBounds: [1.5],
    })
    const [out] = changed(
      { name: 'h', type: 'histogram', aggregationTemporality: 2, dataPoints: [point('a'), point('b')] },
      ['aggregate_on_attribute_value("sum", "host", ["a", "b"], "all")'],
    )
    const [merged, ...rest] = out!.dataPoints
    expect(rest).toEqual([])
    expect([merged!.attributes.get('host'), merged!.count, merged!.sum, merged!.bucketCounts]).toEqual([
      'all',
      6,
      9,
      [2, 4],
    ])
  })

  it('take bounds out of histograms', () => {
    const init: MetricInit = {
      name: 'h',
      type: 'histogram',
      dataPoints: [{ count: 10, bucketCounts: [1, 2, 3, 4], explicitBounds: [1, 2, 3] }],
    }
    const bucketsAfter = (statement: string) => {
      const [point] = changed(init, [statement], 'datapoint')[0]!.dataPoints
      return [point!.explicitBounds, point!.bucketCounts]
    }
    expect(bucketsAfter('merge_histogram_buckets(2.0)')).toEqual([
      [1, 3],
      [1, 5, 4],
    ])
    expect(bucketsAfter('merge_histogram_buckets(2, "limit_buckets")')).toEqual([[2], [3, 7]])
  })

  it('make sums and gauges of summaries, and copies', () => {
    const summary: MetricInit = {
      name: 's',
      type: 'summary',
      dataPoints: [{ count: 4, sum: 8, quantileValues: [{ quantile: 0.5, value: 2 }] }],
    }
    const names = (statements: readonly string[], context?: ContextName) =>
      changed(summary, statements, context).map(({ name, type, dataPoints }) => [
        name,
        type,
        Number(dataPoints[0]?.value),
      ])
    expect(names(['convert_summary_quantile_val_to_gauge()'])).toEqual([
      ['s', 'summary', NaN],
      ['s.quantiles', 'gauge', 2],
    ])
    expect(names(['convert_summary_sum_val_to_sum("delta", true)'], 'datapoint')).toEqual([
      ['s', 'summary', NaN],
      ['s_sum', 'sum', 8],
    ])
    expect(names(['copy_metric(name="t") where name == "s"'])).toEqual([
      ['s', 'summary', NaN],
      ['t', 'summary', NaN],
    ])
  })

  it.each([
    ['IsRootSpan()', 'IsRootSpan is a function of the span context only'],
    ['ProfileID("x") != nil', 'ProfileID is for profiles, which are not supported'],
  ])('refuse %s by name where it is of another context', (condition, message) => {
    const { problems } = compileStatements([`set(metric.unit, "x") where ${condition}`], { context: 'metric' })
    expect(problems.map((problem) => problem.message)).toEqual([message])
  })
})
