import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeClock } from '../../kit/testing/fake-clock.ts'
import { seededRandom } from '../../kit/testing/seeded-random.ts'
import { fakeDisk, type FakeDisk } from '../testing/fake-disk.ts'
import { Acked } from './acked.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { openLog, type DiskLog, type LogOptions } from './log.ts'

const folder = '/q'
interface Opened {
  readonly log: DiskLog
  readonly told: string[]
  readonly lost: number[]
}
const open = async (disk: Disk, options: Partial<LogOptions> = {}): Promise<Opened> => {
  const told: string[] = []
  const lost: number[] = []
  const log = await openLog({
    folder,
    disk,
    clock: fakeClock(),
    sync: 'commit',
    events: {
      trouble: (what, error) => void told.push(`${what}: ${error.message}`),
      lost: (_meta, missing) => void lost.push(missing.records),
      freed: () => {},
    },
    ...options,
  })
  return { log, told, lost }
}
const put = (log: DiskLog, text: string): Promise<void> =>
  log.append({ meta: 'logs', records: 1, payload: [Buffer.from(text)] })
/** Everything that waits, marked done unless told otherwise. */
const drain = async (log: DiskLog, keep = false): Promise<string[]> => {
  const texts: string[] = []
  for (let frames = await log.read(); frames.length > 0; frames = await log.read()) {
    for (const { seq, payload } of frames) {
      texts.push(payload.toString())
      if (!keep) log.done(seq)
    }
  }
  return texts
}
const segments = (disk: FakeDisk): string[] => disk.names().filter((name) => name.endsWith('.log'))
const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `entry ${i} ${'x'.repeat(i % 50)}`)

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

const realFolder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'seneca-log-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'a', 'queue')
}

describe('on a real disk', () => {
  it('keeps entries over a restart, large ones too', async () => {
    const path = realFolder()
    const { log } = await open(nodeDisk, { folder: path })
    const large = 'y'.repeat(3_000_000)
    await Promise.all([put(log, 'small'), put(log, large), put(log, 'last')])
    await log.close()
    const again = await open(nodeDisk, { folder: path })
    expect(await drain(again.log)).toEqual(['small', large, 'last'])
    await again.log.close()
  })

  it('belongs to one process, and names it', async () => {
    const path = realFolder()
    const { log } = await open(nodeDisk, { folder: path })
    await expect(open(nodeDisk, { folder: path })).rejects.toMatchObject({
      code: 'storage_locked',
      message: `${path} is in use by process ${process.pid}; stop it first`,
    })
    await log.close()
    await (await open(nodeDisk, { folder: path })).log.close()
  })

  it('starts over files that hold nothing but noise', async () => {
    const path = realFolder()
    await (await open(nodeDisk, { folder: path })).log.close()
    writeFileSync(join(path, '00000001.log'), 'noise'.repeat(1_000))
    writeFileSync(join(path, '00000002.log'), '')
    writeFileSync(join(path, 'cursor'), 'noise')
    const { log } = await open(nodeDisk, { folder: path })
    await put(log, 'works')
    expect(await drain(log)).toEqual(['works'])
    expect(readdirSync(path).some((name) => name.endsWith('.damaged'))).toBe(true)
    expect(
      readFileSync(join(path, readdirSync(path).find((name) => name.endsWith('.damaged')) ?? '')).length,
    ).toBeGreaterThan(4_000)
    await log.close()
  })
})

describe('a real disk that is full', () => {
  it('pushes back, gives out what it has, and takes more when there is room (needs the right to mount)', async (test) => {
    const path = mkdtempSync(join(tmpdir(), 'seneca-full-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', path], { stdio: 'pipe' })
    } catch {
      rmSync(path, { recursive: true })
      test.skip('this process may not mount a file system')
    }
    onTestFinished(() => {
      execFileSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    })
    const { log } = await open(nodeDisk, { folder: join(path, 'queue'), segmentBytes: 50_000 })
    const accepted: string[] = []
    let refused = 0
    for (let i = 0; i < 100; i++) {
      const text = `${i} ${'x'.repeat(5_000)}`
      await put(log, text).then(
        () => accepted.push(text),
        (error: Error) => {
          expect(error.message).toContain('no space is left on the disk')
          refused++
        },
      )
    }
    expect([accepted.length > 20, refused > 20]).toEqual([true, true])
    expect(await drain(log)).toEqual(accepted)
    await log.settled()
    await put(log, 'after')
    await put(log, 'and after')
    expect(await drain(log)).toEqual(['after', 'and after'])
    await log.close()
  })

  it('goes on in a new file when one may not grow any further', () => {
    const path = realFolder()
    const script = `import { openLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
      import { nodeDisk } from ${JSON.stringify(join(import.meta.dirname, 'disk.ts'))}
      const log = await openLog({ folder: ${JSON.stringify(path)}, disk: nodeDisk, clock: { every: () => () => {} }, sync: 'commit',
        events: { trouble() {}, lost() {}, freed() {} } })
      let [kept, refused] = [0, 0]
      for (let i = 0; i < 60; i++)
        await log.append({ meta: 'logs', records: 1, payload: [Buffer.alloc(5_000)] }).then(() => kept++, () => refused++)
      let read = 0
      for (let frames = await log.read(); frames.length > 0; frames = await log.read()) read += frames.length
      await log.close()
      console.log(JSON.stringify({ kept, refused, read }))`
    const node = `exec ${JSON.stringify(process.execPath)} --input-type=module-typescript -e "$SCRIPT"`
    const said = execFileSync('bash', ['-c', `ulimit -f 100; ${node}`], {
      env: { ...process.env, SCRIPT: script },
      encoding: 'utf8',
    })
    const { kept, refused, read } = JSON.parse(said) as Record<string, number>
    expect([kept === read, (kept ?? 0) + (refused ?? 0), (kept ?? 0) > 50, (refused ?? 0) > 0]).toEqual([
      true,
      60,
      true,
      true,
    ])
  })
})

describe('what is done', () => {
  it('is one number when all came in order, and ranges otherwise', () => {
    const acked = new Acked()
    acked.add(2, 3)
    acked.add(6)
    acked.add(4)
    expect([acked.low, acked.ranges, acked.high]).toEqual([
      0,
      [
        { from: 2, to: 4 },
        { from: 6, to: 6 },
      ],
      6,
    ])
    acked.add(1)
    acked.add(5)
    expect([acked.low, acked.ranges]).toEqual([6, []])
  })

  it('answers as a set does', () => {
    const random = seededRandom(7)
    const acked = new Acked()
    const set = new Set<number>()
    for (let i = 0; i < 3_000; i++) {
      const from = 1 + Math.floor(random() * 500)
      const to = from + Math.floor(random() * 3)
      if (random() < 0.2) {
        acked.add(from, to)
        for (let n = from; n <= to; n++) set.add(n)
      }
      expect(acked.has(from)).toBe(set.has(from))
    }
    acked.ranges.forEach(({ from, to }, i) => {
      expect(from).toBeLessThanOrEqual(to)
      expect(from).toBeGreaterThan((acked.ranges[i - 1]?.to ?? acked.low) + 1)
    })
  })
})
