import { describe, expect, it } from 'vitest'
import { CollectorError, definePlugin, logs } from 'seneca-collector'
import { conformance, fakeClock, harness, seededRandom } from 'seneca-collector/testing'

const hold = definePlugin({
  kind: 'processor',
  type: 'dropper',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Leaves out events by name.',
  schema: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'The name.', default: 'a' },
      wait: { type: 'string', format: 'duration', description: 'A time.', default: '1s' },
      key: { type: 'string', secret: true, description: 'A secret.' },
    },
  },
  examples: [{ title: 'as it is', yaml: 'name: b' }],
  create: (ctx, config) => ({
    async consume(batch, signal) {
      const kept = batch.filter((record) => (record as { eventName?: string }).eventName !== config.name)
      await ctx.clock.sleep(config.wait)
      const receipt = await ctx.next(kept, signal)
      expect(receipt.refused).toBe(0)
      if (kept.count < batch.count) ctx.filtered(batch.count - kept.count, 'name')
    },
  }),
})

describe('the harness', () => {
  it('completes options through the schema and runs a component on a fake clock', async () => {
    const test = await harness(hold, { wait: '2s' })
    await test.start()
    const call = test.consume(logs([{ eventName: 'a' }, { eventName: 'b' }]))
    await test.clock.advance(1_999)
    expect(test.batches).toHaveLength(0)
    await test.clock.advance(1)
    await call
    expect(test.records().map((record) => record.eventName)).toEqual(['b'])
    expect(test.filtered).toEqual({ name: 1 })
    await test.stop()
  })

  it('refuses options as a file would be refused', async () => {
    await expect(harness(hold, { nmae: 'x' })).rejects.toThrow("nmae: unknown key 'nmae'")
    await expect(harness(hold, { wait: '2 parsecs' })).rejects.toThrow('wait')
  })

  it('lets what follows reject', async () => {
    const test = await harness(hold, { wait: 0 })
    test.follow(() => {
      throw new CollectorError('unavailable', 'down', { retryable: true })
    })
    const call = test.consume(logs([{ eventName: 'b' }]))
    const rejected = expect(call).rejects.toThrow('down')
    await test.clock.advance(0)
    await rejected
    expect(test.batches).toEqual([])
  })
})

describe('the fake clock', () => {
  it('runs timers in order of their time, then of their making', async () => {
    const clock = fakeClock(0)
    const seen: string[] = []
    clock.after(20, () => seen.push(`c@${clock.now()}`))
    clock.after(10, () => seen.push(`a@${clock.now()}`))
    clock.after(10, () => seen.push(`b@${clock.now()}`))
    const cancel = clock.every(8, () => seen.push(`e@${clock.now()}`))
    await clock.advance(20)
    cancel()
    await clock.advance(100)
    expect(seen).toEqual(['e@8', 'a@10', 'b@10', 'e@16', 'c@20'])
    expect(clock.pending).toBe(0)
  })
})

describe('seeded randomness', () => {
  it('repeats for a seed and spreads over [0, 1)', () => {
    const one = Array.from({ length: 1_000 }, seededRandom(1))
    expect(Array.from({ length: 1_000 }, seededRandom(1))).toEqual(one)
    const mean = one.reduce((a, b) => a + b, 0) / one.length
    expect(mean).toBeGreaterThan(0.45)
    expect(mean).toBeLessThan(0.55)
    expect(Array.from({ length: 3 }, seededRandom(2))).not.toEqual(one.slice(0, 3))
  })
})

describe('the conformance suite', () => {
  for (const check of conformance(hold)) it(`finds that a good plugin ${check.name}`, check.run)

  it('finds a processor that swallows rejections', async () => {
    const bad = {
      ...hold,
      create: (ctx: Parameters<typeof hold.create>[0]) => ({
        consume: async (batch: never) => {
          await ctx.next(batch).catch(() => {})
        },
      }),
    }
    const check = conformance(bad).find(({ name }) => name === 'hands a rejection back')
    await expect(check?.run()).rejects.toThrow('acked although')
  })
})
