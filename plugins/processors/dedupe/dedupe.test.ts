import { logs } from 'seneca-collector'
import type { LogRecord, Value } from 'seneca-collector'
import { conformance, harness, memoryStore } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import dedupe from './index.ts'

const batch = (...ids: string[]) =>
  logs(ids.map((id) => ({ eventName: 'x', body: id, attributes: { 'log.record.uid': id } })))
const bodies = (h: Awaited<ReturnType<typeof harness>>): (Value | undefined)[] =>
  h.records().map((record) => (record as LogRecord).body)

describe('dedupe', () => {
  for (const check of conformance(dedupe, { folder: import.meta.dirname })) it(check.name, check.run)

  it('leaves out what has been seen, in the same batch and in later ones, and counts it', async () => {
    const h = await harness(dedupe)
    await h.consume(batch('a', 'b', 'a'))
    await h.consume(batch('b', 'c'))
    expect([bodies(h), h.filtered]).toEqual([['a', 'b', 'c'], { duplicate: 2 }])
  })

  it('lets pass what has no key', async () => {
    const h = await harness(dedupe)
    await h.consume(logs([{ body: 1 }, { body: 1 }]))
    expect(bodies(h)).toEqual([1, 1])
  })

  it('does not take a batch that was rejected and comes again for its own duplicate', async () => {
    const h = await harness(dedupe)
    let down = true
    h.follow(() => {
      if (down) throw new Error('down')
    })
    await expect(h.consume(batch('a'))).rejects.toThrow('down')
    down = false
    await h.consume(batch('a'))
    expect(bodies(h)).toEqual(['a'])
  })

  it('waits with a duplicate for what becomes of the first', async () => {
    const h = await harness(dedupe)
    const first = Promise.withResolvers<void>()
    let calls = 0
    h.follow(() => (++calls === 1 ? first.promise : undefined))
    const one = h.consume(batch('a'))
    const two = h.consume(batch('a', 'b'))
    await h.clock.settle()
    expect(calls).toBe(1)
    first.reject(new Error('down'))
    await expect(one).rejects.toThrow('down')
    await two
    expect(bodies(h)).toEqual(['a', 'b'])
  })

  it('goes by an expression', async () => {
    const h = await harness(dedupe, { key: 'data["task_id"]' })
    const of = (task: string) => ({ attributes: { 'marcus.task.id': task }, body: task })
    await h.consume(logs([of('t1'), of('t2'), of('t1')]))
    expect(bodies(h)).toEqual(['t1', 't2'])
    await expect(harness(dedupe, { key: 'data[' })).rejects.toThrow('key:')
  })

  it('forgets after the window, and beyond the most keys, which it counts', async () => {
    const h = await harness(dedupe, { window: '1m', max_keys: 2 })
    await h.consume(batch('a'))
    await h.clock.advance(60_000)
    await h.consume(batch('a', 'b', 'c'))
    expect(h.inspect()).toEqual({ keys: 2, forgotten: 1 })
    await h.consume(batch('a'))
    expect(bodies(h)).toEqual(['a', 'a', 'b', 'c', 'a'])
    expect(h.metrics.value('seneca_dedupe_forgotten')).toBe(2)
  })

  it('knows after a restart what it had handed on, and nothing else', async () => {
    const storage = memoryStore()
    const first = await harness(dedupe, {}, { storage })
    await first.consume(batch('a'))
    first.follow(() => {
      throw new Error('down')
    })
    await first.consume(batch('b')).catch(() => {})
    const second = await harness(dedupe, {}, { storage, clock: first.clock })
    await second.consume(batch('a', 'b'))
    expect(bodies(second)).toEqual(['b'])
  })
})
