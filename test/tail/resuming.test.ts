import { appendFileSync, copyFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Chunk, entriesOf, type FilePosition, type TailOptions } from 'seneca-collector/tail'
import { follow, temporaryFolder } from './follow.ts'

/** One life of a tailer: what it read, and what it would save. */
const life = async (
  options: Partial<TailOptions> & { readonly include: readonly string[] },
  positions: readonly FilePosition[] = [],
): Promise<{ lines: string[]; positions: FilePosition[]; keys: string[] }> => {
  const followed = await follow({ ...options, positions: JSON.parse(JSON.stringify(positions)) as FilePosition[] })
  await followed.settle()
  await followed.tailer.stop()
  return {
    lines: followed.lines,
    positions: followed.tailer.positions(),
    keys: [...new Set(followed.chunks.map((chunk) => chunk.key))],
  }
}

describe('resuming from positions', () => {
  it('goes on where it was, and starts new files from their start', async () => {
    const folder = temporaryFolder()
    const include = [join(folder, '*.log')]
    writeFileSync(join(folder, 'a.log'), 'one\ntwo\nthr')
    const first = await life({ include })
    appendFileSync(join(folder, 'a.log'), 'ee\nfour\n')
    const second = await life({ include }, first.positions)
    expect([first.lines, second.lines]).toEqual([
      ['one', 'two'],
      ['three', 'four'],
    ])
    expect(second.keys).toEqual(first.keys)
  })

  it('finds the key of a content again without a position', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\n')
    const first = await life({ include: [path] })
    appendFileSync(path, 'two\n')
    expect((await life({ include: [path] })).keys).toEqual(first.keys)
  })

  it('finds a file that was rotated while nobody ran, inside and outside the patterns', async () => {
    for (const include of ['a.log', 'a.log*']) {
      const folder = temporaryFolder()
      const path = join(folder, 'a.log')
      writeFileSync(path, 'one\ntwo\n')
      const first = await life({ include: [join(folder, include)] })
      appendFileSync(path, 'three\n')
      renameSync(path, path + '.1')
      writeFileSync(path, 'four\n')
      const second = await life({ include: [join(folder, include)] }, first.positions)
      expect(second.lines.toSorted()).toEqual(['four', 'three'])
    }
  })

  it('knows a file that was truncated while nobody ran, and reads the rest of the old content in its copy', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'app.log')
    writeFileSync(path, 'one\ntwo\n')
    const first = await life({ include: [join(folder, 'app*')] })
    appendFileSync(path, 'three\n')
    copyFileSync(path, path + '.1')
    truncateSync(path)
    appendFileSync(path, 'four\n')
    const second = await life({ include: [join(folder, 'app*')] }, first.positions)
    expect(second.lines.toSorted()).toEqual(['four', 'three'])
    const third = await life({ include: [join(folder, 'app*')] }, second.positions)
    expect(third.lines).toEqual([])
  })

  it('does not take another content for the old one when the inode is used again', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'one\n')
    const first = await life({ include: [path] })
    unlinkSync(path)
    writeFileSync(path, 'six\nseven\n')
    const second = await life({ include: [path] }, first.positions)
    expect(second.lines).toEqual(['six', 'seven'])
    expect(second.keys).not.toEqual(first.keys)
  })

  it('keeps the place of an empty file and of one it starts at the end of', async () => {
    const folder = temporaryFolder()
    const include = [join(folder, '*.log')]
    writeFileSync(join(folder, 'empty.log'), '')
    writeFileSync(join(folder, 'full.log'), 'history\n')
    const first = await life({ include, startAt: 'end' })
    appendFileSync(join(folder, 'empty.log'), 'one\n')
    appendFileSync(join(folder, 'full.log'), 'two\n')
    const second = await life({ include, startAt: 'end' }, first.positions)
    expect(second.lines.toSorted()).toEqual(['one', 'two'])
  })

  it('keeps positions of files that are not there', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.log')
    writeFileSync(path, 'one\n')
    const first = await life({ include: [path] })
    renameSync(path, join(folder, 'elsewhere'))
    const second = await life({ include: [join(folder, '*.log')] }, first.positions)
    renameSync(join(folder, 'elsewhere'), path)
    appendFileSync(path, 'two\n')
    const third = await life({ include: [path] }, second.positions)
    expect([...second.lines, ...third.lines]).toEqual(['two'])
  })

  it('saves only what is acknowledged without a gap', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'a\n'.repeat(10))
    const chunks: Chunk[] = []
    const { tailer, settle } = await follow({
      include: [path],
      chunkBytes: 4,
      onChunk: (chunk) => void chunks.push(chunk),
    })
    await settle()
    expect(chunks).toHaveLength(5)
    chunks[1]?.ack()
    expect(tailer.positions()[0]?.offset).toBe(0)
    chunks[0]?.ack()
    expect(tailer.positions()[0]?.offset).toBe(8)
    chunks[4]?.ack()
    expect(tailer.positions()[0]?.offset).toBe(8)
  })

  it('gives the place of each entry, from which reading goes on exactly there', async () => {
    const path = join(temporaryFolder(), 'a.log')
    const lines = ['short', 'ü'.repeat(100), 'x', '', 'last']
    writeFileSync(path, lines.join('\n') + '\n')
    const { settle, chunks } = await follow({ include: [path] })
    await settle()
    const all = chunks.flatMap((chunk) => [...entriesOf(chunk)].map((entry) => [chunk, entry] as const))
    for (const [index, [chunk, entry]] of all.entries()) {
      const rest = await life({ include: [path] }, [chunk.position(entry.end)])
      expect(rest.lines).toEqual(all.slice(index + 1).map(([, later]) => later.bytes.toString()))
    }
  })
})
