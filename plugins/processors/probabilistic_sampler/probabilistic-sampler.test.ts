import { createHash } from 'node:crypto'
import { logs, spans } from 'seneca-collector'
import type { Batch, LogRecord, SpanRecord, Value } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import sampler from './index.ts'

const traceId = (i: number): string => createHash('md5').update(String(i)).digest('hex')
const many = Array.from({ length: 4_000 }, (_, i) => traceId(i))

const sampled = async (options: unknown, ids: readonly string[] = many): Promise<SpanRecord[]> => {
  const h = await harness(sampler, options)
  await h.consume(spans(ids.map((id) => ({ traceId: id, spanId: '0102030405060708', name: 'x' }))))
  return h.batches.flatMap((batch) => Array.from(batch as Batch<'traces'>, (span) => span.keep()))
}
const one = async (
  options: unknown,
  init: { traceId?: string; traceState?: string; attributes?: Record<string, Value> },
) => {
  const h = await harness(sampler, options)
  await h.consume(spans([{ traceId: '0'.repeat(18) + '9b8233f7e3a151', ...init }]))
  const span = h.batches.flatMap((batch) => Array.from(batch as Batch<'traces'>))[0]
  return { state: span?.traceState, filtered: h.filtered }
}
const log = async (options: unknown, init: { traceId?: string; attributes?: Record<string, Value> }) => {
  const h = await harness(sampler, options)
  await h.consume(logs([init]))
  return { record: h.records()[0] as LogRecord | undefined, filtered: h.filtered }
}

describe('probabilistic_sampler', () => {
  for (const check of conformance(sampler, { folder: import.meta.dirname, options: { sampling_percentage: 100 } }))
    it(check.name, check.run)

  it.each(['hash_seed', 'proportional', 'equalizing'])(
    'lets about the share through by %s, and those of a smaller share among them',
    async (mode) => {
      const ids = async (sampling_percentage: number) =>
        new Set((await sampled({ mode, sampling_percentage })).map((span) => span.traceId))
      const [ten, fifty] = [await ids(10), await ids(50)]
      expect(ten.size / many.length).toBeGreaterThan(0.08)
      expect(ten.size / many.length).toBeLessThan(0.12)
      expect(fifty.size / many.length).toBeGreaterThan(0.47)
      expect([...ten].filter((id) => !fifty.has(id))).toEqual([])
    },
  )

  it('counts what it leaves out, and lets all or nothing through at the ends', async () => {
    expect(await sampled({ sampling_percentage: 100 })).toHaveLength(many.length)
    const h = await harness(sampler, { sampling_percentage: 0 })
    await h.consume(spans(many.map((id) => ({ traceId: id }))))
    expect(h.filtered).toEqual({ sampled_out: many.length })
  })

  it('decides differently with another seed', async () => {
    const pick = async (hash_seed: number) =>
      (await sampled({ sampling_percentage: 50, hash_seed })).map((span) => span.traceId)
    expect(await pick(1)).not.toEqual(await pick(2))
  })

  // The examples of the specification of sampling in tracestate, and of the processor's README.
  it.each([
    ['proportional', 25, '', undefined],
    ['proportional', 50, '', 'ot=th:8'],
    ['proportional', 50, 'ot=th:0;rv:9b8233f7e3a151', 'ot=rv:9b8233f7e3a151;th:8'],
    ['proportional', 100, 'a=b', 'ot=th:0,a=b'],
    ['proportional', 50, 'ot=th:8', undefined],
    ['equalizing', 50, 'ot=th:4', 'ot=th:8'],
    ['equalizing', 75, 'ot=th:8', 'ot=th:8'],
    ['equalizing', 75, 'x=y,ot=th:8;k:v', 'ot=th:8;k:v,x=y'],
    // A threshold that would not have let it through.
    ['proportional', 75, 'ot=th:f', undefined],
  ])('writes of %s sampling at %d %% over %j: %j', async (mode, sampling_percentage, traceState, after) => {
    expect((await one({ mode, sampling_percentage }, { traceState })).state).toBe(after)
  })

  it('multiplies shares when it samples what was sampled', async () => {
    const id = '0'.repeat(18) + 'f'.repeat(14)
    expect(
      (await one({ mode: 'proportional', sampling_percentage: 50 }, { traceId: id, traceState: 'ot=th:8' })).state,
    ).toBe('ot=th:c')
  })

  it('keeps to a priority before all else', async () => {
    const priority = (value: Value) => ({ attributes: { 'sampling.priority': value } })
    expect((await one({ sampling_percentage: 0 }, priority(1))).state).toBeDefined()
    expect((await one({ sampling_percentage: 100 }, priority(0))).filtered).toEqual({ priority: 1 })
  })

  it('judges log records by an attribute where there is no trace id', async () => {
    const options = { sampling_percentage: 50, from_attribute: 'id' }
    const passes = async (id: string) => (await log(options, { attributes: { id } })).record !== undefined
    const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => passes(`i${i}`)))
    expect(answers.filter(Boolean).length).toBeGreaterThan(16)
    expect(answers.filter(Boolean).length).toBeLessThan(48)
    expect(await passes('same')).toBe(await passes('same'))
  })

  it('writes the threshold and the randomness on log records', async () => {
    const { record } = await log({ sampling_percentage: 100, from_attribute: 'id' }, { attributes: { id: 'x' } })
    expect(record!.attributes.get('sampling.threshold')).toBe('0')
    expect(record!.attributes.get('sampling.randomness')).toMatch(/^[0-9a-f]{14}$/)
  })

  it('takes a percentage of the record’s own', async () => {
    const options = { sampling_percentage: 0, from_attribute: 'id', sampling_priority: 'p' }
    expect((await log(options, { attributes: { id: 'x', p: 100 } })).record).toBeDefined()
    expect((await log(options, { attributes: { id: 'x' } })).filtered).toEqual({ sampled_out: 1 })
  })

  it('leaves out what it cannot judge, unless told to let it pass', async () => {
    expect((await log({ sampling_percentage: 50 }, {})).filtered).toEqual({ no_randomness: 1 })
    expect((await log({ sampling_percentage: 50, fail_closed: false }, {})).record).toBeDefined()
  })

  it('refuses to judge by a record without saying by what', async () => {
    await expect(harness(sampler, { sampling_percentage: 1, attribute_source: 'record' })).rejects.toThrow(
      "needs 'from_attribute'",
    )
  })
})
