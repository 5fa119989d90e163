import { describe, expect, it } from 'vitest'
import { CollectorError, logs, metrics, type Batch, type MetricInit } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import batch from './index.ts'

let numbered = 0
const events = (n: number): Batch =>
  logs(Array.from({ length: n }, () => ({ body: numbered++, attributes: { 'log.record.uid': `u${numbered}` } })))
const bodies = (batches: readonly Batch[]): unknown[] =>
  batches.flatMap((one) => Array.from(one as Batch<'logs'>, (record) => record.body))
const counts = (batches: readonly Batch[]): number[] => batches.map(({ count }) => count)
const unavailable = (): CollectorError => new CollectorError('unavailable', 'down', { retryable: true })

for (const acks of ['destination', 'memory'] as const)
  describe(`batch, where an ack means ${acks}`, () => {
    const checks = conformance(batch, {
      folder: import.meta.dirname,
      acksEarly: acks === 'memory',
      prepare: () => ({ environment: { acks } }),
    })
    for (const check of checks) it(check.name, check.run)
  })

describe('batch in front of memory queues', () => {
  it('flushes at exactly 100 records, and a single one after a second', async () => {
    const test = await harness(batch, { send_batch_size: 100, timeout: '1s' }, { acks: 'memory' })
    await test.start()
    for (let i = 0; i < 99; i++) await test.consume(events(1))
    await test.clock.advance(0)
    expect([test.batches.length, test.held]).toEqual([0, 99])
    await test.consume(events(1))
    await test.clock.advance(0)
    expect([counts(test.batches), test.held]).toEqual([[100], 0])
    await test.consume(events(1))
    await test.clock.advance(999)
    expect(counts(test.batches)).toEqual([100])
    await test.clock.advance(1)
    expect(counts(test.batches)).toEqual([100, 1])
    await test.stop()
  })

  it('cuts large batches and keeps the order', async () => {
    const sizes = { send_batch_size: 10, send_batch_max_size: 10, timeout: '1s' }
    const test = await harness(batch, sizes, { acks: 'memory' })
    await test.start()
    const input = [events(7), events(25), events(3)]
    for (const one of input) await test.consume(one)
    await test.clock.advance(1_000)
    expect(counts(test.batches)).toEqual([10, 10, 10, 5])
    expect(bodies(test.batches)).toEqual(bodies(input))
    await test.stop()
  })

  it('sends a rejected piece again until it is taken, rejects newcomers meanwhile, and loses nothing', async () => {
    const test = await harness(batch, { send_batch_size: 5, timeout: '1s' }, { acks: 'memory' })
    await test.start()
    test.follow(() => {
      throw unavailable()
    })
    await test.consume(events(5))
    await test.clock.advance(1)
    await expect(test.consume(events(5))).rejects.toThrow('down')
    expect(test.held).toBe(5)
    test.follow(() => {})
    await test.clock.advance(10_000)
    expect([counts(test.batches), test.held, test.dropped]).toEqual([[5], 0, {}])
    await test.consume(events(5))
    await test.stop()
    expect(counts(test.batches)).toEqual([5, 5])
  })

  it('makes senders wait when what follows takes nothing', async () => {
    const test = await harness(batch, { send_batch_size: 1, timeout: '1s' }, { acks: 'memory' })
    const gate = Promise.withResolvers<void>()
    await test.start()
    test.follow(() => gate.promise)
    let acked = 0
    const calls = Array.from({ length: 20 }, () => test.consume(events(1)).then(() => acked++))
    await test.clock.settle()
    expect(acked).toBeLessThan(20)
    gate.resolve()
    await Promise.all(calls)
    await test.stop()
    expect(test.batches).toHaveLength(20)
  })

  it('flushes what it holds when it stops', async () => {
    const test = await harness(batch, {}, { acks: 'memory' })
    await test.start()
    await test.consume(events(3))
    await test.stop()
    expect([counts(test.batches), test.held]).toEqual([[3], 0])
  })
})

describe('batch in front of a destination that confirms', () => {
  it('acks a source when every piece with its records is confirmed', async () => {
    const test = await harness(batch, { send_batch_size: 10, send_batch_max_size: 10, timeout: '1s' })
    const gates: PromiseWithResolvers<void>[] = []
    await test.start()
    test.follow(() => {
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    })
    const settled: string[] = []
    const calls = [15, 5].map((n) => test.consume(events(n)).then(() => settled.push(`${n}`)))
    await test.clock.settle()
    expect(gates).toHaveLength(2)
    gates[1]?.resolve()
    await test.clock.settle()
    expect(settled).toEqual(['5'])
    gates[0]?.resolve()
    await Promise.all(calls)
    expect(settled).toEqual(['5', '15'])
    await test.stop()
  })

  it('rejects just the sources whose records were in a rejected piece', async () => {
    const test = await harness(batch, { send_batch_size: 2, send_batch_max_size: 2, timeout: '1s' })
    await test.start()
    let piece = 0
    test.follow(() => {
      if (++piece === 2) throw unavailable()
    })
    const outcomes = await Promise.allSettled([2, 1, 1, 2].map((n) => test.consume(events(n))))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(test.held).toBe(0)
    await test.stop()
  })

  it('does not wait for the timeout when everybody waits for it', async () => {
    const test = await harness(batch, { send_batch_size: 8192, timeout: '200ms' })
    await test.start()
    await Promise.all(Array.from({ length: 4 }, () => test.consume(events(100))))
    expect(counts(test.batches)).toEqual([400])
    await test.stop()
  })

  it('gathers what comes while a piece is on its way', async () => {
    const test = await harness(batch, { send_batch_size: 8192, timeout: '1s' })
    const gate = Promise.withResolvers<void>()
    await test.start()
    test.follow(() => gate.promise)
    const calls = [test.consume(events(1))]
    await test.clock.settle()
    for (let i = 0; i < 10; i++) calls.push(test.consume(events(1)))
    await test.clock.settle()
    gate.resolve()
    await Promise.all(calls)
    expect(counts(test.batches)).toEqual([1, 10])
    await test.stop()
  })
})

describe('the options of batch', () => {
  it('refuse a largest size below the size that sends', async () => {
    await expect(harness(batch, { send_batch_size: 100, send_batch_max_size: 10 })).rejects.toThrow(
      'at least send_batch_size',
    )
  })

  it('counts the data points of metrics, and leaves a metric whole', async () => {
    const h = await harness(batch, { send_batch_size: 4, send_batch_max_size: 4, timeout: '1s' }, { acks: 'memory' })
    await h.start()
    const metric = (points: number): MetricInit => ({
      name: 'm',
      type: 'gauge',
      dataPoints: Array.from({ length: points }, (_, i) => ({ value: i })),
    })
    await h.consume(metrics([metric(1), metric(2), metric(2), metric(9), metric(1)]))
    await h.clock.advance(2_000)
    expect(h.batches.map((each) => each.points)).toEqual([3, 2, 9, 1])
    await h.stop()
  })
})
