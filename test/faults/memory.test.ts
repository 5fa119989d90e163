import { describe, expect, it } from 'vitest'
import { decode, type LogBatch } from '../../core/kit/index.ts'
import { feed, queueOf, rig, sink } from './rig.ts'

const LINES = 2_000
const lines = (): LogBatch =>
  decode(
    'logs',
    'json',
    Buffer.from(Array.from({ length: LINES }, (_, n) => `{"n":${n},"text":"${'x'.repeat(100)}"}\n`).join('')),
    { origin: { key: 'file', offset: 0 } },
  )
const numbers = (batch: LogBatch): unknown[] => Array.from(batch, (record) => record.get(['body', 'n']))

describe('memory', () => {
  it('keeps no large buffer alive for the few records of it that wait in a queue', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const { clock } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const few = lines().filter((_record, i) => i % 100 === 0)
    expect(few.pinned).toBeGreaterThan(few.bytes * 50)
    await source.send(few)
    await source.send(few)
    await source.send(lines())
    gate.resolve()
    await clock.settle()
    const [sent, waited, whole] = out.batches as LogBatch[]
    expect(sent).toBe(few)
    expect(waited?.pinned).toBeLessThan(few.bytes * 4)
    expect(waited && numbers(waited)).toEqual(numbers(few))
    expect(waited?.origins()).toEqual(few.origins())
    expect(whole?.count).toBe(LINES)
  })
})
