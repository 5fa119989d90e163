import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { drain, open, put } from '../testing/opened-log.ts'
import { nodeDisk } from './disk.ts'

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
    const folderOfQueue = join(path, 'queue')
    const { log } = await open(nodeDisk, { folder: folderOfQueue, segmentBytes: 50_000 })
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
    await log.close()
    // Nobody may be named as its owner, and it opens all the same.
    rmSync(join(folderOfQueue, 'owner.pid'))
    const filler = join(path, 'filler')
    writeFileSync(filler, '')
    for (const size of [4_096, 1])
      for (let full = false; !full;)
        try {
          appendFileSync(filler, Buffer.alloc(size))
        } catch {
          full = true
        }
    const again = (await open(nodeDisk, { folder: folderOfQueue, segmentBytes: 50_000 })).log
    expect(await drain(again)).toEqual(accepted)
    await again.settled()
    rmSync(filler)
    await put(again, 'after')
    await put(again, 'and after')
    expect(await drain(again)).toEqual(['after', 'and after'])
    await again.close()
  })

  it('goes on in a new file when one may not grow any further', () => {
    const path = realFolder()
    const script = `import { openLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
      import { nodeDisk } from ${JSON.stringify(join(import.meta.dirname, 'disk.ts'))}
      const log = await openLog({ folder: ${JSON.stringify(path)}, disk: nodeDisk, clock: { every: () => () => {} }, sync: 'commit',
        events: { trouble() {}, ailing() {}, lost() {}, freed() {} } })
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
