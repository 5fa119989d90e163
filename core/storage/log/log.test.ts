import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../kit/testing/fake-clock.ts'
import { seededRandom } from '../../kit/testing/seeded-random.ts'
import { fakeDisk } from '../testing/fake-disk.ts'
import { drain, numbered, open, put, segments } from '../testing/opened-log.ts'
import type { Disk } from './disk.ts'

describe('a log on disk', () => {
  it('gives back what was appended, in order, once it is opened again', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    await Promise.all(numbered(100).map((text) => put(log, text)))
    await log.close()
    const again = await open(disk)
    expect(again.log.opening.waiting.get('logs')).toMatchObject({ frames: 100, records: 100 })
    expect(await drain(again.log)).toEqual(numbered(100))
    await again.log.close()
    expect((await open(disk)).log.live).toBe(0)
  })

  it('shares one sync among the appends of one moment, and one among those that came while it ran', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    await put(log, 'first')
    const before = disk.syncs
    await Promise.all(numbered(50).map((text) => put(log, text)))
    expect(disk.syncs - before).toBe(1)
  })

  it('has every entry on the disk that it acknowledged, whatever a power cut leaves of the rest', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      let disk = fakeDisk()
      const owed = new Set<string>()
      const sent = new Set<string>()
      for (let life = 0; life < 4; life++) {
        const { log } = await open(disk, { segmentBytes: 2_000 })
        for (const { seq, payload } of await log.read()) {
          expect(sent).toContain(payload.toString())
          if (random() < 0.5) continue
          log.done(seq)
          owed.delete(payload.toString())
        }
        if (random() < 0.2) disk.failingSyncs = 1
        for (let i = 0; i < 20; i++) {
          const text = `${life}/${i} ${'x'.repeat(Math.floor(random() * 300))}`
          sent.add(text)
          const appended = put(log, text).then(() => void owed.add(text))
          if (random() < 0.7) await appended.catch(() => {})
          else appended.catch(() => {})
        }
        disk = disk.powerCut(random)
      }
      const { log } = await open(disk)
      const there = new Set(await drain(log))
      expect([seed, [...owed].filter((text) => !there.has(text))]).toEqual([seed, []])
    }
  })

  it('hands an entry straight to a reader that waits at the end, and lets it be read from the disk otherwise', async () => {
    const { log } = await open(fakeDisk())
    const claimed: number[] = []
    const committed = (seq: number, next: boolean): boolean => next && claimed.push(seq) <= 2
    for (const text of ['a', 'b', 'c', 'd'])
      await log.append({ meta: 'logs', records: 1, payload: [Buffer.from(text)], committed })
    expect(claimed).toEqual([1, 2, 3])
    expect(await drain(log)).toEqual(['c', 'd'])
  })

  it('removes a file once all in it is done', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk, { segmentBytes: 1_000 })
    for (const text of numbered(60)) await put(log, text)
    expect(segments(disk).length).toBeGreaterThan(3)
    await drain(log)
    await put(log, 'one more')
    expect(segments(disk).length).toBeLessThanOrEqual(2)
    expect(log.bytes).toBeLessThan(2_000)
  })

  it('cuts a torn end off, and says how much it was', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    for (const text of numbered(5)) await put(log, text)
    const [path = ''] = segments(disk)
    const torn = disk.kill()
    torn.setBytes(path, Buffer.from(torn.bytes(path).subarray(0, -3)))
    const again = await open(torn)
    expect(again.log.opening).toMatchObject({ damaged: 0, torn: expect.any(Number) })
    expect(again.log.opening.torn).toBeGreaterThan(0)
    expect(await drain(again.log)).toEqual(numbered(4))
    expect(again.log.setAside).toBe(0)
  })

  it('passes over flipped bytes in the middle, keeps them aside, counts them, and goes on at the next good entry', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk, { segmentBytes: 2_000 })
    for (const text of numbered(60)) await put(log, text)
    const [path = ''] = segments(disk)
    const flipped = disk.kill()
    const bytes = Buffer.from(flipped.bytes(path))
    bytes[600] = (bytes[600] ?? 0) ^ 0xff
    flipped.setBytes(path, bytes)
    const again = await open(flipped, { segmentBytes: 2_000 })
    expect(again.log.opening.damaged).toBeGreaterThan(0)
    expect(again.log.setAside).toBe(again.log.opening.damaged)
    expect(again.log.bytes).toBeGreaterThan(again.log.setAside)
    const left = await drain(again.log)
    expect(left).toHaveLength(59)
    expect(numbered(60)).toEqual(expect.arrayContaining(left))
  })

  it('counts as lost what it had counted as waiting and cannot read any more', async () => {
    const disk = fakeDisk()
    const { log, lost, told } = await open(disk, { segmentBytes: 2_000 })
    for (const text of numbered(60)) await put(log, text)
    const [path = ''] = segments(disk)
    disk.badByte = { name: path, at: 700 }
    const left = await drain(log)
    expect(left.length + lost.reduce((sum, n) => sum + n, 0)).toBe(60)
    expect(left.length).toBeLessThan(60)
    expect(told.join('\n')).toContain('damaged bytes were passed over')
  })

  it('pushes back while the disk is full, gives out what it has, and takes more when there is room', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk, { segmentBytes: 1_000 })
    disk.capacity = 2_500
    const accepted: string[] = []
    for (const text of numbered(80)) {
      await put(log, text).then(
        () => void accepted.push(text),
        (error: unknown) =>
          expect(error).toMatchObject({
            code: 'storage_failed',
            retryable: true,
            message: expect.stringContaining('no space is left on the disk'),
          }),
      )
    }
    expect(accepted.length).toBeGreaterThan(5)
    expect(accepted.length).toBeLessThan(80)
    expect(await drain(log)).toEqual(accepted)
    await log.settled()
    await put(log, 'after')
    await put(log, 'and after')
    expect(await drain((await open(disk.kill())).log)).toEqual(['after', 'and after'])
  })

  it('goes on handing out on a disk that became read-only, and takes no more', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    await put(log, 'before')
    disk.readOnly = true
    await expect(put(log, 'after')).rejects.toMatchObject({
      retryable: true,
      message: 'cannot write to /q: the disk is read-only',
    })
    expect(await drain(log)).toEqual(['before'])
  })

  it.each(['commit', 'interval'] as const)(
    'gives a file up whose sync failed and writes what it owes to a new one (%s)',
    async (sync) => {
      const disk = fakeDisk()
      const clock = fakeClock()
      const { log, told } = await open(disk, { sync, clock })
      await put(log, 'one')
      await clock.advance(1_000)
      disk.failingSyncs = 1
      await put(log, 'two')
      await put(log, 'three')
      await clock.advance(1_000)
      expect(told[0]).toContain('could not be synced')
      expect(segments(disk)).toHaveLength(2)
      const after = disk.powerCut(() => 0.9)
      expect(await drain((await open(after)).log)).toEqual(['one', 'two', 'three'])
    },
  )

  it('uses no number twice although the end of the log was lost and its cursor was not', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    for (const text of ['a', 'b', 'c']) await put(log, text)
    await drain(log)
    await log.settled()
    const [path = ''] = segments(disk)
    const cut = disk.kill()
    cut.setBytes(path, Buffer.from(cut.bytes(path).subarray(0, 60)))
    const again = await open(cut)
    await put(again.log, 'new')
    expect(await drain((await open(cut.kill())).log)).toEqual(['new'])
  })

  it('loses nothing when the head of a file is damaged, whatever it says then', async () => {
    for (const noise of [0, 0xff]) {
      const disk = fakeDisk()
      const first = await open(disk)
      for (const text of ['a', 'b', 'c']) await put(first.log, text)
      await first.log.close()
      const second = await open(disk, { segmentBytes: 100 })
      await put(second.log, 'd')
      const [path = ''] = segments(disk)
      const broken = disk.kill()
      broken.setBytes(path, Buffer.concat([Buffer.alloc(24, noise), broken.bytes(path).subarray(24)]))
      const { log } = await open(broken, { segmentBytes: 100 })
      expect(log.opening.damaged).toBe(24)
      const frames = [...(await log.read()), ...(await log.read())]
      expect(frames.map(({ payload }) => payload.toString())).toEqual(['a', 'b', 'c', 'd'])
      // The second file goes; what stands in the first is not done for that.
      log.done(frames.at(-1)?.seq ?? 0)
      for (const text of numbered(5)) await put(log, text)
      await log.settled()
      const again = await open(broken.kill())
      expect((await drain(again.log)).slice(0, 3)).toEqual(['a', 'b', 'c'])
      const [frame] = frames
      expect(frame && again.log.discard(frame)).toBe(false)
    }
  })

  it('reads a file that may not be written, and starts', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    for (const text of ['a', 'b']) await put(log, text)
    const after = disk.kill()
    const guarded: Disk = {
      ...after,
      open: (path, mode) =>
        mode === 'write'
          ? Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' }))
          : after.open(path, mode),
    }
    const again = await open(guarded)
    await put(again.log, 'c')
    expect(await drain(again.log)).toEqual(['a', 'b', 'c'])
  })

  it('ends the file that is written when asked, so that it goes with its last entry', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    await log.seal()
    for (const text of ['a', 'b']) await put(log, text)
    await log.seal()
    await log.seal()
    expect([segments(disk).length, log.bytes > 0]).toEqual([1, true])
    expect(await drain(log)).toEqual(['a', 'b'])
    await log.settled()
    expect([segments(disk).length, log.bytes]).toEqual([0, 0])
    await put(log, 'c')
    expect(await drain((await open(disk.kill())).log)).toEqual(['c'])
  })

  it('repeats entries and loses none when its cursor is damaged', async () => {
    const disk = fakeDisk()
    const { log } = await open(disk)
    for (const text of numbered(10)) await put(log, text)
    for (const { seq } of (await log.read()).slice(0, 5)) log.done(seq)
    await log.settled()
    const broken = disk.kill()
    broken.setBytes('/q/cursor', Buffer.alloc(100, 7))
    expect(await drain((await open(broken)).log)).toEqual(numbered(10))
  })
})
