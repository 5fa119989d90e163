import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../setup/wait-for.ts'
import { follow, temporaryFolder } from './follow.ts'

describe('following files', () => {
  it('hands on whole lines with their place, and keeps a half-written one until it is complete', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\ntwo\nthr')
    const { settle, chunks } = await follow({ include: [path] })
    expect(await settle()).toEqual(['one', 'two'])
    appendFileSync(path, 'e')
    expect(await settle()).toEqual(['one', 'two'])
    appendFileSync(path, 'e\nfour\n')
    expect(await settle()).toEqual(['one', 'two', 'three', 'four'])
    expect(chunks.map((chunk) => [chunk.offset, chunk.bytes.length])).toEqual([
      [0, 8],
      [8, 11],
    ])
  })

  it('starts at the end of what is there, and reads later files whole', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'old.log'), 'history\n')
    const { settle } = await follow({ include: [join(folder, '*.log')], startAt: 'end' })
    appendFileSync(join(folder, 'old.log'), 'news\n')
    writeFileSync(join(folder, 'new.log'), 'first\n')
    expect((await settle()).toSorted()).toEqual(['first', 'news'])
  })

  it('finds files in new folders, leaves out what is excluded, and reads a file with two names once', async () => {
    const folder = temporaryFolder()
    const { settle } = await follow({ include: [join(folder, '**/*.{log,txt}')], exclude: [join(folder, '**/skip*')] })
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    writeFileSync(join(folder, 'a/b/x.log'), 'deep\n')
    writeFileSync(join(folder, 'top.txt'), 'top\n')
    writeFileSync(join(folder, 'skip.log'), 'no\n')
    writeFileSync(join(folder, 'x.json'), 'no\n')
    symlinkSync(join(folder, 'top.txt'), join(folder, 'link.log'))
    expect((await settle()).toSorted()).toEqual(['deep', 'top'])
  })

  it('reads a renamed file on, then the new one of its name', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, '1\n')
    const { settle, chunks } = await follow({ include: [path] })
    await settle()
    appendFileSync(path, '2\n')
    renameSync(path, path + '.1')
    appendFileSync(path + '.1', '3\n')
    writeFileSync(path, '4\n')
    expect((await settle()).toSorted()).toEqual(['1', '2', '3', '4'])
    appendFileSync(path + '.1', '5\n')
    expect((await settle()).toSorted()).toEqual(['1', '2', '3', '4', '5'])
    expect(new Set(chunks.map((chunk) => chunk.key)).size).toBe(2)
  })

  it('reads a truncated file from its start under another key, even when it has grown beyond the old place', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'first\nsecond\n')
    const { settle, chunks, tailer } = await follow({ include: [path] })
    await settle()
    truncateSync(path)
    await settle()
    appendFileSync(path, 'third\n')
    expect(await settle()).toEqual(['first', 'second', 'third'])
    truncateSync(path)
    writeFileSync(path, 'fourth line, longer than all before it together\n')
    expect(await settle()).toEqual(['first', 'second', 'third', 'fourth line, longer than all before it together'])
    expect(new Set(chunks.map((chunk) => chunk.key)).size).toBe(3)
    expect(tailer.stats().truncations).toBe(2)
  })

  it('reads the rest of a copied and truncated file in the copy, and nothing twice', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'app.log')
    writeFileSync(path, 'a1\na2\n')
    const { settle } = await follow({ include: [join(folder, 'app*')] })
    await settle()
    // What logrotate's copytruncate does, with a line that came after our last look.
    writeFileSync(path + '.1', 'a1\na2\na3\n')
    truncateSync(path)
    appendFileSync(path, 'b1\n')
    expect((await settle()).toSorted()).toEqual(['a1', 'a2', 'a3', 'b1'])
  })

  it('leaves a copy alone while its original is followed', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'app.log'), 'a1\na2\n')
    const { settle } = await follow({ include: [join(folder, 'app*')] })
    await settle()
    writeFileSync(join(folder, 'app.log.bak'), 'a1\n')
    await settle()
    appendFileSync(join(folder, 'app.log.bak'), 'a2\n')
    expect(await settle()).toEqual(['a1', 'a2'])
  })

  it('goes on in a file that an editor has saved under a new inode', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, 'one\ntwo\n')
    const { settle } = await follow({ include: [path] })
    await settle()
    writeFileSync(join(folder, 'saved'), 'one\ntwo\nthree\n')
    renameSync(join(folder, 'saved'), path)
    expect(await settle()).toEqual(['one', 'two', 'three'])
  })

  it('reads a deleted file to its end, its unterminated last line included, and forgets it', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\n')
    const { settle, tailer } = await follow({ include: [path] })
    await settle()
    appendFileSync(path, 'two\nthree')
    unlinkSync(path)
    expect(await settle()).toEqual(['one', 'two', 'three'])
    expect(tailer.stats().files).toBe(0)
    expect(tailer.positions()).toEqual([])
  })

  it('tells once that a file cannot be read, and reads it when it can be', async () => {
    const path = join(temporaryFolder(), 'a.log')
    // A loop of links: unreadable for everybody, root included.
    symlinkSync(path, path)
    const { settle, problems, tailer } = await follow({ include: [path] })
    await settle()
    expect(problems).toMatchObject([{ kind: 'unreadable', path }])
    expect(tailer.stats().unreadable).toBe(1)
    unlinkSync(path)
    writeFileSync(path, 'readable\n')
    expect(await settle()).toEqual(['readable'])
    expect(tailer.stats().unreadable).toBe(0)
  })

  it('hands on an unterminated end when nothing has followed for the time given, if it may', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\n{"half')
    const { settle, clock, tailer } = await follow({
      include: [path],
      flushAfterMs: 500,
      mayFlush: (bytes) => bytes.at(-1) === 125,
    })
    await settle()
    clock.advance(600)
    expect(await settle()).toEqual(['one'])
    appendFileSync(path, '"}')
    await settle()
    clock.advance(600)
    expect(await settle()).toEqual(['one', '{"half"}'])
    appendFileSync(path, '\ntwo\n')
    expect(await settle()).toEqual(['one', '{"half"}', 'two'])
    expect(tailer.stats().bytesBehind).toBe(0)
  })

  it('bounds its open files', async () => {
    const folder = temporaryFolder()
    for (let index = 0; index < 20; index++) writeFileSync(join(folder, `${index}.log`), `${index}\n`)
    const { settle, tailer } = await follow({ include: [join(folder, '*.log')], maxOpenFiles: 5 })
    expect(await settle()).toHaveLength(20)
    expect(tailer.stats().openFiles).toBeLessThanOrEqual(5)
    for (let index = 0; index < 20; index++) appendFileSync(join(folder, `${index}.log`), `more ${index}\n`)
    expect(await settle()).toHaveLength(40)
  })

  it('reads to the present end and finishes under once, the unterminated last line included', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.log'), 'one\ntwo')
    writeFileSync(join(folder, 'b.log'), '')
    const { tailer, lines } = await follow({ include: [join(folder, '*.log')], once: true })
    await tailer.done
    expect(lines).toEqual(['one', 'two'])
  })

  it('waits for its consumer before it reads on', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'x'.repeat(99).concat('\n').repeat(100))
    const gate = Promise.withResolvers<void>()
    let calls = 0
    const { tailer } = await follow({
      include: [path],
      chunkBytes: 1_000,
      once: true,
      onChunk: async () => {
        calls++
        await gate.promise
      },
    })
    await waitFor('the first call', () => calls === 1)
    expect(tailer.stats().bytesRead).toBe(1_000)
    gate.resolve()
    await tailer.done
    expect(calls).toBe(10)
  })

  it('ends with what its consumer threw', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\n')
    const { tailer } = await follow({ include: [path], onChunk: () => Promise.reject(new Error('no more')) })
    await expect(tailer.done).rejects.toThrow('no more')
  })

  it('is told of changes by the system, without a poll', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, '')
    // On a clock that is moved by less than a poll's time.
    const { lines, clock } = await follow({ include: [join(folder, '*.log')], watch: true, pollIntervalMs: 3_600_000 })
    for (let index = 0; index < 5; index++) {
      if (index === 4) writeFileSync(join(folder, 'new.log'), '4\n')
      else appendFileSync(path, `${index}\n`)
      await waitFor('the line', () => {
        clock.advance(10)
        return lines.length === index + 1
      })
    }
    expect(lines).toEqual(['0', '1', '2', '3', '4'])
  })

  it('survives that its folder goes and comes back', async () => {
    const folder = join(temporaryFolder(), 'logs')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.log'), 'one\n')
    const { settle } = await follow({ include: [join(folder, '*.log')] })
    await settle()
    rmSync(folder, { recursive: true })
    await settle()
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.log'), 'two\n')
    expect(await settle()).toEqual(['one', 'two'])
  })
})
