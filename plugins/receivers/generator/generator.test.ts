import { describe, expect, it } from 'vitest'
import { CollectorError } from 'seneca-collector'
import { eventType } from 'seneca-collector/events'
import { harness } from 'seneca-collector/testing'
import generator from './index.ts'

describe('generator', () => {
  it('keeps its rate exactly over any time', async () => {
    for (const rate of [3, 50, 999, 12_345]) {
      const run = await harness(generator, { rate })
      await run.start()
      await run.clock.advance(10_000)
      await run.stop()
      expect(run.records().length).toBeGreaterThanOrEqual(rate * 10)
      expect(run.records().length).toBeLessThanOrEqual(rate * 10 + 1)
    }
  })

  it('gives each event the time it was due', async () => {
    const run = await harness(generator, { rate: 4, count: 4 })
    const start = run.clock.nanos()
    await run.start()
    await run.clock.advance(2_000)
    expect(run.records().map((record) => Number(record.time - start) / 1e6)).toEqual([0, 250, 500, 750])
    expect(run.ended).toBe(true)
    await run.stop()
  })

  it('stops after its count or duration', async () => {
    const counted = await harness(generator, { rate: 0, count: 2_500 })
    await counted.start()
    await counted.clock.advance(100)
    expect([counted.records().length, counted.ended]).toEqual([2_500, true])
    await counted.stop()
    const timed = await harness(generator, { rate: 10, duration: '2s' })
    await timed.start()
    await timed.clock.advance(60_000)
    expect([timed.records().length, timed.ended]).toEqual([20, true])
    await timed.stop()
  })

  it('makes events of the catalogue, the same ones for the same seed', async () => {
    const runs = []
    for (const seed of [1, 1, 2]) {
      const run = await harness(generator, {
        rate: 0,
        count: 50,
        seed,
        payload_bytes: 20,
        types: ['task.blocked', 'agent.registered'],
      })
      await run.start()
      await run.clock.advance(100)
      await run.stop()
      runs.push(run.records().map((record) => [record.eventName, record.attributes.get('log.record.uid')]))
      const [record] = run.records()
      expect(eventType(record?.eventName ?? '')).toBeDefined()
      expect(record?.attributes.get('marcus.payload')).toHaveLength(20)
    }
    expect(runs[0]).toEqual(runs[1])
    expect(runs[0]).not.toEqual(runs[2])
    expect(new Set(runs[0]?.map(([, id]) => id)).size).toBe(50)
    expect(new Set(runs[0]?.map(([type]) => type)).size).toBe(2)
  })

  it('catches up after it was held up', async () => {
    let isFull = true
    const run = await harness(
      generator,
      { rate: 100 },
      {
        next: () => {
          if (isFull) throw new CollectorError('queue_full', 'full', { retryable: true })
        },
      },
    )
    await run.start()
    await run.clock.advance(500)
    isFull = false
    await run.clock.advance(9_500)
    await run.stop()
    expect(run.records().length).toBeGreaterThanOrEqual(1_000)
    expect(run.records().length).toBeLessThanOrEqual(1_001)
  })
})
