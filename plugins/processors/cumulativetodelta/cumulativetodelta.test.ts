import { Double, metrics, valuesEqual } from 'seneca-collector'
import type {
  Batch,
  ExponentialHistogramPointInit,
  HistogramPointInit,
  MetricInit,
  MetricRecord,
  NumberPointInit,
} from 'seneca-collector'
import { conformance, fakeClock, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import cumulativeToDelta from './index.ts'

const T0 = Date.UTC(2026, 0, 1)
const at = (seconds: number): bigint => BigInt(T0 + seconds * 1_000) * 1_000_000n
const sum = (points: readonly NumberPointInit[], more: Partial<MetricInit> = {}): MetricInit =>
  ({ name: 'm', type: 'sum', isMonotonic: true, aggregationTemporality: 2, dataPoints: points, ...more }) as MetricInit

const start = (options: unknown = { initial_value: 'drop' }, storage = memoryStore()) =>
  harness(cumulativeToDelta, options, { clock: fakeClock(T0), storage })
type Started = Awaited<ReturnType<typeof start>>

const feed = async (h: Started, metric: MetricInit): Promise<MetricRecord | undefined> => {
  const before = h.batches.length
  await h.consume(metrics([metric]))
  return h.batches.slice(before).flatMap((batch) => Array.from(batch as Batch<'metrics'>))[0]
}
const point = (time: number, value: number | bigint | Double, attributes = {}): NumberPointInit => ({
  time: at(time),
  startTime: at(-100),
  value,
  attributes,
})

describe('cumulativetodelta', () => {
  const input = () => [metrics([sum([point(1, 5)])])]
  for (const check of conformance(cumulativeToDelta, {
    folder: import.meta.dirname,
    input,
    options: { initial_value: 'keep' },
  }))
    it(check.name, check.run)

  it('answers what came between two points, series by series', async () => {
    const h = await start()
    expect(await feed(h, sum([point(0, 10, { a: 'x' }), point(0, 100, { a: 'y' })]))).toBeUndefined()
    expect(h.filtered).toEqual({ no_delta: 1 })
    const metric = await feed(h, sum([point(10, 15, { a: 'x' }), point(10, 100, { a: 'y' })]))
    expect(metric!.aggregationTemporality).toBe(1)
    expect(metric!.dataPoints.map((each) => [each.value, each.startTime, each.time])).toEqual([
      [5, at(0), at(10)],
      [0, at(0), at(10)],
    ])
  })

  it('keeps doubles doubles and large integers exact', async () => {
    const h = await start()
    await feed(h, sum([point(0, 1.5), point(0, 2n ** 60n, { i: 1 })]))
    const metric = await feed(h, sum([point(1, 2.5), point(1, 2n ** 60n + 3n, { i: 1 })]))
    const [a, b] = metric!.dataPoints
    expect([valuesEqual(a!.value, new Double(1)), b!.value]).toEqual([true, 3])
  })

  it('leaves out a point at which a sum began anew, and counts on from it', async () => {
    const h = await start()
    await feed(h, sum([point(0, 10)]))
    expect(await feed(h, sum([point(1, 3)]))).toBeUndefined()
    expect((await feed(h, sum([point(2, 7)])))!.dataPoints[0]!.value).toBe(4)
    expect(h.metrics.value('otelcol_processor_cumulativetodelta_datapoints_dropped', { reason: 'reset' })).toBe(1)
  })

  it.each([
    ['auto', -100, undefined],
    ['auto', 0, 10],
    ['keep', -100, 10],
    ['drop', 0, undefined],
  ])('has %s decide on the first point of a series that began at %d s: %s', async (initial_value, began, value) => {
    const h = await start({ initial_value })
    const metric = await feed(h, sum([{ ...point(5, 10), startTime: at(began) }]))
    expect(metric?.dataPoints[0]?.value).toBe(value)
  })

  const histogram = (time: number, bucketCounts: number[], total: number, explicitBounds = [1, 2]): MetricInit => {
    const data: HistogramPointInit = {
      time: at(time),
      startTime: at(-100),
      count: bucketCounts.reduce((a, b) => a + b, 0),
      sum: total,
      min: 0,
      max: 9,
      bucketCounts,
      explicitBounds,
    }
    return { name: 'h', type: 'histogram', aggregationTemporality: 2, dataPoints: [data] }
  }

  it('takes histograms from one another, without their extremes', async () => {
    const h = await start()
    await feed(h, histogram(0, [1, 2, 3], 10))
    const [delta] = (await feed(h, histogram(1, [1, 4, 3], 14)))!.dataPoints
    expect([delta!.count, delta!.sum, delta!.bucketCounts, delta!.min, delta!.max]).toEqual([
      2,
      4,
      [0, 2, 0],
      undefined,
      undefined,
    ])
  })

  it('leaves out a histogram that began anew, in one bucket too, and one with other bounds', async () => {
    const h = await start()
    await feed(h, histogram(0, [5, 5, 5], 10))
    expect(await feed(h, histogram(1, [1, 0, 0], 1))).toBeUndefined()
    expect((await feed(h, histogram(2, [2, 1, 1], 3)))!.dataPoints[0]!.bucketCounts).toEqual([1, 1, 1])
    expect(await feed(h, histogram(3, [9, 9, 0], 3))).toBeUndefined()
    expect(await feed(h, histogram(4, [9, 9, 9], 3, [1, 3]))).toBeUndefined()
    const dropped = (reason: string) =>
      h.metrics.value('otelcol_processor_cumulativetodelta_datapoints_dropped', { reason })
    expect([dropped('reset'), dropped('bucket_mismatch')]).toEqual([2, 1])
  })

  // The answers of the OpenTelemetry Collector (contrib 0.158) to the same points.
  it('takes what was started again, and says so, for another series', async () => {
    const h = await start({})
    const since = (began: number, time: number, value: number) => sum([{ ...point(time, value), startTime: at(began) }])
    expect((await feed(h, since(1, 2, 10)))!.dataPoints[0]!.value).toBe(10)
    expect((await feed(h, since(1, 3, 15)))!.dataPoints[0]!.value).toBe(5)
    const again = (await feed(h, since(4, 5, 40)))!.dataPoints[0]!
    expect([again.value, again.startTime]).toEqual([40, at(4)])
  })

  it('takes a whole double for a double, and leaves out points that record no value', async () => {
    const h = await start()
    await feed(h, sum([point(0, 1), point(0, new Double(5))]))
    const metric = await feed(h, sum([point(1, 3), point(1, new Double(8)), { ...point(1, 9), flags: 1 }]))
    expect(metric!.dataPoints.map(({ value }) => value)).toEqual([2, new Double(3)])
    expect(
      h.metrics.value('otelcol_processor_cumulativetodelta_datapoints_dropped', { reason: 'no_recorded_value' }),
    ).toBe(1)
  })

  it('hands on a histogram sum that is no number, and counts the next from the last that was one', async () => {
    const h = await start()
    await feed(h, histogram(0, [1, 1, 1], 10))
    expect((await feed(h, histogram(1, [1, 2, 1], Number.NaN)))!.dataPoints[0]!.sum).toBeNaN()
    expect((await feed(h, histogram(2, [1, 2, 2], 14)))!.dataPoints[0]!.sum).toBe(4)
  })

  it('hands on a histogram without points, and leaves out a sum without any', async () => {
    const h = await start()
    expect((await feed(h, { name: 'h', type: 'histogram', aggregationTemporality: 2 }))!.aggregationTemporality).toBe(2)
    expect(await feed(h, sum([]))).toBeUndefined()
  })

  it.each([
    [{ metrics: [], match_type: 'strict' }, 'belong together'],
    [{ metrics: ['m'] }, 'belong together'],
    [{ metric_types: ['gauge'] }, 'must match'],
  ])('refuses to include %j', async (include, message) => {
    await expect(start({ include })).rejects.toThrow(message)
  })

  const exponential = (time: number, more: ExponentialHistogramPointInit): MetricInit => ({
    name: 'e',
    type: 'exponential_histogram',
    aggregationTemporality: 2,
    dataPoints: [{ time: at(time), startTime: at(-100), sum: 1, ...more }],
  })

  it('takes exponential histograms from one another, also when the later one is coarser', async () => {
    const h = await start()
    await feed(
      h,
      exponential(0, { count: 6, scale: 1, zeroCount: 1, positive: { offset: 1, bucketCounts: [1, 2, 2] } }),
    )
    const [delta] = (await feed(
      h,
      exponential(1, { count: 10, scale: 0, zeroCount: 2, positive: { offset: 0, bucketCounts: [2, 6] } }),
    ))!.dataPoints
    // Indexes 1, 2, 3 at scale 1 are 0, 1, 1 at scale 0.
    expect([delta!.count, delta!.zeroCount, delta!.positive!.offset, delta!.positive!.bucketCounts]).toEqual([
      4,
      1,
      0,
      [1, 2],
    ])
  })

  it.each<[string, MetricInit]>([
    ['a gauge', { name: 'm', type: 'gauge', dataPoints: [point(0, 1)] }],
    ['a sum that may go down', sum([point(0, 1)], { isMonotonic: false } as never)],
    ['a delta', sum([point(0, 1)], { aggregationTemporality: 1 } as never)],
    ['what is not included', sum([point(0, 1)], { name: 'other' })],
  ])('hands on %s as it came', async (_, metric) => {
    const h = await start({ include: { metrics: ['^m$'], match_type: 'regexp', metric_types: ['Sum', 'histogram'] } })
    const batch = metrics([metric])
    await h.consume(batch)
    expect(h.batches[0]).toBe(batch)
  })

  it('goes on after an orderly stop, and begins anew after a crash', async () => {
    const storage = memoryStore()
    const first = await start(undefined, storage)
    await first.start()
    await feed(first, sum([point(0, 10)]))
    await first.stop()
    const second = await start(undefined, storage)
    await second.start()
    expect((await feed(second, sum([point(1, 15)])))!.dataPoints[0]!.value).toBe(5)
    const afterCrash = await start(undefined, storage)
    await afterCrash.start()
    expect(await feed(afterCrash, sum([point(2, 20)]))).toBeUndefined()
  })

  it('forgets series beyond the bounds', async () => {
    const h = await start({ initial_value: 'drop', max_series: 1, max_staleness: '1m' })
    await feed(h, sum([point(0, 1, { a: 1 }), point(0, 1, { a: 2 })]))
    expect(h.inspect()).toEqual({ series: 1 })
    await feed(h, sum([point(120, 1, { a: 3 })]))
    expect(h.inspect()).toEqual({ series: 1 })
  })
})
