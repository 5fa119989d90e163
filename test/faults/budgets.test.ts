/** What the whole process may hold, in memory and on disk. */
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../core/kit/index.ts'
import { fakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, events, feed, queueOf, rig, sink, type Feed, type Sink } from './rig.ts'

const storage = component('extension', 'storage', () => ({ face: { folder: { path: '/disk', sync: 'commit' } } }))
const onDisk = (options: Parameters<typeof queueOf>[0] = {}) =>
  queueOf({ storage: { extension: 'storage' }, ...options })
const down = (): never => {
  throw new CollectorError('unavailable', 'down', { retryable: true })
}

describe('budgets of the process', () => {
  it('refuse receivers for now above the memory budget, high priority last, and take them again below it', async () => {
    const [low, high] = [feed('low'), feed('high')]
    const out = sink('out', { engine: { sendingQueue: queueOf({ queueSize: 1_000 }) } })
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const { clock, balance } = await rig({
      components: [low.config, high.config, out.config],
      pipelines: [
        { id: 'logs', receivers: ['low'], exporters: ['out'], priority: 'low' },
        { id: 'logs/alerts', receivers: ['high'], exporters: ['out'], priority: 'high' },
      ],
      limits: { memoryBytes: 20_000, diskBytes: 0 },
    })
    const push = async (source: Feed): Promise<number> => {
      for (let n = 0; ; n++) {
        try {
          await source.send(events(1))
        } catch (error) {
          expect(error).toMatchObject({ code: 'memory_limit', retryable: true })
          return n
        }
      }
    }
    expect(await push(low)).toBeGreaterThan(3)
    expect(await push(high)).toBeGreaterThan(3)
    gate.resolve()
    await clock.settle()
    await low.send(events(1))
    await clock.settle()
    expect(balance()).toMatchObject({ queued: 0, inFlight: 0, balanced: true })
  })

  it('push back above the disk budget', async () => {
    const source = feed()
    const out = sink('out', { engine: { sendingQueue: onDisk({ onFull: 'reject' }), retry: { maxAttempts: 0 } } })
    out.before = down
    const { balance } = await rig({
      components: [storage, source.config, out.config],
      extensions: ['storage'],
      pipelines: [{ exporters: ['out'] }],
      disk: fakeDisk(),
      limits: { memoryBytes: 0, diskBytes: 500 },
    })
    await source.send(events(20))
    await expect(source.send(events(1))).rejects.toMatchObject({
      code: 'queue_full',
      retryable: true,
      message: 'the queue of exporter/out is full (service.limits.disk_bytes: 500)',
    })
    expect(balance()).toMatchObject({ received: 20, balanced: true })
  })

  it('let in who waits for room on disk when another queue makes it', async () => {
    const [one, two] = [feed('one'), feed('two')]
    const exporter = (id: string): Sink =>
      sink(id, { engine: { sendingQueue: onDisk({ onFull: 'block' }), retry: { maxAttempts: 0 } } })
    const [full, idle] = [exporter('full'), exporter('idle')]
    let open = false
    full.before = () => {
      if (!open) down()
    }
    const { clock } = await rig({
      components: [storage, one.config, two.config, full.config, idle.config],
      extensions: ['storage'],
      pipelines: [
        { id: 'logs/one', receivers: ['one'], exporters: ['full'] },
        { id: 'logs/two', receivers: ['two'], exporters: ['idle'] },
      ],
      disk: fakeDisk(),
      limits: { memoryBytes: 0, diskBytes: 500 },
    })
    await one.send(events(20))
    let taken = false
    const call = two.send(events(1)).then(() => (taken = true))
    await clock.settle()
    expect(taken).toBe(false)
    open = true
    await clock.advance(60_000)
    await call
    await clock.settle()
    expect([full.ids.length, idle.ids.length]).toEqual([20, 1])
  })
})
