import { describe, expect, it } from 'vitest'
import { decodeLetter } from '../../core/engine/dead-letters.ts'
import { CollectorError, PartialError } from '../../core/kit/index.ts'
import { retryLetters, editLetter, purgeLetters, rowOf, type LetterBox } from '../../core/control/dead-letters.ts'
import { readWaiting, type Frame } from '../../core/storage/index.ts'
import { fakeDisk, type FakeDisk } from '../../core/storage/testing/fake-disk.ts'
import {
  component,
  events,
  feed,
  idsOf,
  pass,
  processor,
  queueOf,
  rig,
  sink,
  type Rig,
  type RigOptions,
} from './rig.ts'

const storage = component('extension', 'storage', () => ({ face: { folder: { path: '/disk', sync: 'commit' } } }))
const place = { extension: 'storage' }
const kept = { storage: place, maxBytes: 0 }
const unavailable = (): never => {
  throw new CollectorError('unavailable', 'down', { retryable: true })
}
const refuse = (): never => {
  throw new CollectorError('rejected', '400 Bad Request')
}

const lettersOf = async ({ collector }: Rig, disk: FakeDisk, name = 'exporter/out'): Promise<Frame[]> => {
  const store = collector.stores().find(({ kind, component: of }) => kind === 'dead_letters' && of === name)
  const letters: Frame[] = []
  if (store) for await (const letter of readWaiting(disk, store.log.folder)) letters.push(letter)
  return letters
}
const boxOf = ({ collector }: Rig, disk: FakeDisk): LetterBox => {
  const store = collector.stores().find(({ kind }) => kind === 'dead_letters')
  if (!store) throw new Error('there are no dead letters')
  return {
    component: store.component,
    log: store.log,
    disk,
    send: (pipeline, batch) => collector.resubmit(store.component, pipeline, batch),
  }
}
const live = async (disk: FakeDisk, engine: Parameters<typeof sink>[1], more: Partial<RigOptions> = {}) => {
  const source = feed()
  const out = sink('out', engine)
  const made = await rig({
    components: [storage, source.config, out.config],
    extensions: ['storage'],
    pipelines: [{ exporters: ['out'] }],
    disk,
    ...more,
  })
  return { ...made, source, out, rig: made }
}

describe('a dead letter', () => {
  it('is what a permanent failure becomes: with its reason, attempts, component and records, and it settles', async () => {
    const disk = fakeDisk()
    const { source, out, balance, rig: made } = await live(disk, { engine: { deadLetter: kept } })
    out.before = refuse
    const batch = events(3)
    expect(await source.send(batch)).toEqual({ refused: 0 })
    expect(balance()).toMatchObject({ received: 3, deadLettered: 3, dropped: {}, balanced: true })
    const [letter] = await lettersOf(made, disk)
    expect(letter && rowOf('exporter/out', letter)).toEqual({
      id: 'exporter/out:1',
      records: 3,
      reason: '400 Bad Request',
      code: 'rejected',
      attempts: 1,
      component: 'exporter/out',
      pipeline: 'logs',
      generation: 1,
      time: '2026-01-01T00:00:00.000Z',
    })
    expect(letter && idsOf(decodeLetter(letter).batch)).toEqual(idsOf(batch))
  })

  it('is what the fourth failure in a row becomes, behind a queue too', async () => {
    const disk = fakeDisk()
    const engine = { engine: { deadLetter: kept, sendingQueue: queueOf() } }
    const { source, out, clock, balance, rig: made } = await live(disk, engine)
    out.before = unavailable
    await source.send(events(2))
    await clock.advance(10_000)
    expect([out.calls, (await lettersOf(made, disk)).map((one) => rowOf('x', one).attempts)]).toEqual([4, [4]])
    expect(balance()).toMatchObject({ deadLettered: 2, queued: 0, balanced: true })
  })

  it('holds only the refused records of a batch', async () => {
    const disk = fakeDisk()
    const { source, out, balance, rig: made } = await live(disk, { engine: { deadLetter: kept } })
    out.before = () => {
      throw new PartialError('two are too long', [0, 4])
    }
    const batch = events(5)
    await source.send(batch)
    expect(balance()).toMatchObject({ delivered: 3, deadLettered: 2, balanced: true })
    const [letter] = await lettersOf(made, disk)
    expect(letter && idsOf(decodeLetter(letter).batch)).toEqual([0, 4].map((i) => idsOf(batch)[i]))
  })

  it('is waited for when the disk is full, and is dropped by name when its own limit is reached', async () => {
    const disk = fakeDisk()
    const { source, out, clock, balance } = await live(disk, { engine: { deadLetter: { ...kept, maxBytes: 2_000 } } })
    out.before = refuse
    disk.capacity = 0
    let settled = false
    const call = source.send(events(1)).then(() => (settled = true))
    await clock.advance(5_000)
    expect(settled).toBe(false)
    disk.capacity = Infinity
    await clock.advance(5_000)
    await call
    expect(balance()).toMatchObject({ deadLettered: 1, balanced: true })
    expect(await source.send(events(500))).toMatchObject({ refused: 500 })
    expect(balance()).toMatchObject({ dropped: { 'exporter/out: dead_letters_full': 500 }, balanced: true })
  })

  it('is sent again with the same ids, as often as one likes, and is gone when it was taken', async () => {
    const disk = fakeDisk()
    const { source, out, balance, rig: made } = await live(disk, { engine: { deadLetter: kept } })
    out.before = refuse
    const batch = events(3)
    await source.send(batch)
    out.before = () => {}
    const box = boxOf(made, disk)
    expect(await retryLetters(box, undefined)).toEqual({ letters: 1, records: 3 })
    expect(await retryLetters(box, undefined)).toEqual({ letters: 0, records: 0 })
    expect(out.ids).toEqual(idsOf(batch))
    expect(await lettersOf(made, disk)).toEqual([])
    expect(balance()).toMatchObject({ received: 6, delivered: 3, deadLettered: 3, balanced: true })
  })

  it('becomes a new letter when it fails again', async () => {
    const disk = fakeDisk()
    const { source, out, rig: made } = await live(disk, { engine: { deadLetter: kept } })
    out.before = refuse
    await source.send(events(2))
    await retryLetters(boxOf(made, disk), undefined)
    expect((await lettersOf(made, disk)).map((one) => rowOf('x', one).id)).toEqual(['x:2'])
  })

  it('finds room in a full box once others were thrown away', async () => {
    const disk = fakeDisk()
    const engine = { deadLetter: { ...kept, maxBytes: 2_000 } }
    const { source, out, clock, collector, balance, logged, rig: made } = await live(disk, { engine })
    out.before = refuse
    for (let i = 0; i < 20; i++) await source.send(events(1))
    const { deadLettered } = balance()
    expect(deadLettered).toBeLessThan(20)
    const full = 'exporter/out: its dead letters are full (max_bytes: 2000): what is refused for good is dropped'
    expect(logged.filter(({ message }) => message === full)).toHaveLength(1)
    expect(await purgeLetters(boxOf(made, disk), undefined)).toMatchObject({ letters: deadLettered })
    await clock.advance(6_000)
    expect(logged.at(-1)?.message).toBe('exporter/out: there is room for dead letters again')
    for (let i = 0; i < 40; i++) {
      await source.send(events(1))
      await purgeLetters(boxOf(made, disk), undefined)
    }
    expect(balance()).toMatchObject({ deadLettered: deadLettered + 40, balanced: true })
    expect(collector.stores().find(({ kind }) => kind === 'dead_letters')?.log.bytes).toBeLessThanOrEqual(4_000)
  })

  it('stays when it is sent again from a full box and refused again', async () => {
    const disk = fakeDisk()
    const engine = { deadLetter: { ...kept, maxBytes: 2_000 }, sendingQueue: queueOf() }
    const { source, out, clock, balance, rig: made } = await live(disk, { engine })
    out.before = refuse
    for (let i = 0; i < 20; i++) await source.send(events(1))
    while (balance().queued + balance().inFlight > 0) await clock.settle()
    const before = (await lettersOf(made, disk)).flatMap((letter) => idsOf(decodeLetter(letter).batch))
    const retrying = retryLetters(boxOf(made, disk), undefined)
    await clock.settle()
    const { letters, refused } = await retrying
    expect(letters + (refused?.letters ?? 0)).toBe(before.length)
    const after = (await lettersOf(made, disk)).flatMap((letter) => idsOf(decodeLetter(letter).batch))
    expect(new Set(after)).toEqual(new Set(before))
  })

  it('is not let go of for a place in memory', async () => {
    const disk = fakeDisk()
    const engine = { deadLetter: kept, sendingQueue: queueOf() }
    const { source, out, clock, rig: made } = await live(disk, { engine })
    out.before = refuse
    await source.send(events(1))
    await clock.settle()
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const retrying = retryLetters(boxOf(made, disk), undefined)
    await clock.settle()
    expect(await lettersOf(made, disk.kill())).toHaveLength(1)
    gate.resolve()
    await Promise.allSettled([retrying])
  })

  it('can be edited and thrown away', async () => {
    const disk = fakeDisk()
    const { source, out, rig: made } = await live(disk, { engine: { deadLetter: kept } })
    out.before = refuse
    await source.send(events(2))
    const box = boxOf(made, disk)
    const line = '{"id":"a1","type":"x.mended","source":"test","timestamp":"2026-01-01T00:00:00Z","data":{}}\n'
    expect(await editLetter(box, 1, Buffer.from(line))).toBe('exporter/out:2')
    const [letter] = await lettersOf(made, disk)
    expect(letter && rowOf('x', letter)).toMatchObject({ records: 1, reason: '400 Bad Request' })
    await expect(editLetter(box, 2, Buffer.from('no json\n'))).rejects.toMatchObject({ code: 'invalid_data' })
    expect(await purgeLetters(box, new Set([2]))).toEqual({ letters: 1, records: 1 })
    expect(await lettersOf(made, disk)).toEqual([])
  })

  it('is there after a kill -9', async () => {
    const disk = fakeDisk()
    const first = await live(disk, { engine: { deadLetter: kept } })
    first.out.before = refuse
    await first.source.send(events(2))
    const after = disk.kill()
    const second = await live(after, { engine: { deadLetter: kept } })
    expect(await lettersOf(second.rig, after)).toHaveLength(1)
    await retryLetters(boxOf(second.rig, after), undefined)
    expect(second.out.ids).toHaveLength(2)
  })

  it('keeps what a processor refuses, and what it throws on, where the service says so', async () => {
    const disk = fakeDisk()
    const source = feed()
    const out = sink('out')
    const picky = processor('picky', async (ctx, batch, signal) => {
      if (batch.count === 1) throw new CollectorError('invalid_data', 'nothing fits')
      ctx.refused(batch.slice(0, 1), new CollectorError('invalid_data', 'the first never fits'))
      await ctx.next(batch.slice(1), signal)
    })
    const made = await rig({
      components: [storage, source.config, picky, pass('pass'), out.config],
      extensions: ['storage'],
      pipelines: [{ processors: ['picky', 'pass'], exporters: ['out'] }],
      disk,
      deadLetter: kept,
    })
    const [three, one] = [events(3), events(1)]
    expect(await made.collector.start().then(() => source.send(three))).toEqual({ refused: 0 })
    expect(await source.send(one)).toEqual({ refused: 0 })
    expect(made.balance()).toMatchObject({ received: 4, delivered: 2, deadLettered: 2, dropped: {}, balanced: true })
    const letters = await lettersOf(made, disk, 'processor/picky')
    expect(letters.flatMap((letter) => idsOf(decodeLetter(letter).batch))).toEqual([idsOf(three)[0], idsOf(one)[0]])
  })

  it('keeps what an exporter or a connector refuses of a batch, and what a connector throws on', async () => {
    const disk = fakeDisk()
    const source = feed()
    const refusing = (kind: 'exporter' | 'connector', id: string) =>
      component(kind, id, (ctx) => ({
        async consume(batch, signal) {
          if (batch.count === 1 && kind === 'connector') throw new CollectorError('invalid_data', 'nothing fits')
          ctx.refused(batch.slice(0, 1), new CollectorError('invalid_data', `${kind} wants no first`))
          if (kind === 'connector') await ctx.next(batch.slice(1), signal)
        },
      }))
    const made = await rig({
      components: [storage, source.config, refusing('connector', 'joint'), refusing('exporter', 'out')],
      extensions: ['storage'],
      pipelines: [
        { id: 'logs', exporters: ['joint'] },
        { id: 'logs/after', receivers: ['joint'], exporters: ['out'] },
      ],
      disk,
      deadLetter: kept,
    })
    const [three, one] = [events(3), events(1)]
    expect(await source.send(three)).toEqual({ refused: 0 })
    expect(await source.send(one)).toEqual({ refused: 0 })
    expect(made.balance('logs')).toMatchObject({ received: 4, delivered: 2, deadLettered: 2, balanced: true })
    expect(made.balance('logs/after')).toMatchObject({ received: 2, delivered: 1, deadLettered: 1, balanced: true })
    const idsIn = async (name: string): Promise<string[]> =>
      (await lettersOf(made, disk, name)).flatMap((letter) => idsOf(decodeLetter(letter).batch))
    expect(await idsIn('connector/joint')).toEqual([idsOf(three)[0], idsOf(one)[0]])
    expect(await idsIn('exporter/out')).toEqual([idsOf(three)[1]])
  })

  it('goes back to its sender when the disk is full until the end of the shutdown', async () => {
    const disk = fakeDisk()
    const source = feed()
    const picky = processor('picky', async (ctx, batch, signal) => {
      if (batch.count === 1) throw new CollectorError('invalid_data', 'nothing fits')
      ctx.refused(batch.slice(0, 1), new CollectorError('invalid_data', 'the first never fits'))
      await ctx.next(batch.slice(1), signal)
    })
    const out = sink('out', { engine: { deadLetter: kept } })
    out.before = refuse
    const made = await rig({
      components: [storage, source.config, picky, out.config],
      extensions: ['storage'],
      pipelines: [{ processors: ['picky'], exporters: ['out'] }],
      disk,
      deadLetter: kept,
    })
    disk.capacity = 0
    const calls = [source.send(events(3)), source.send(events(1))].map((call) =>
      call.then(
        () => 'acked',
        () => 'back',
      ),
    )
    await made.clock.settle()
    await made.stop(2_000)
    expect(await Promise.all(calls)).toEqual(['back', 'back'])
    expect(made.balance()).toMatchObject({ received: 0, deadLettered: 0, dropped: {}, inFlight: 0, balanced: true })
  })
})
