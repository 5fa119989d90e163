import { appendFileSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlobs } from 'seneca-collector/tail'
import { follow, temporaryFolder } from './follow.ts'

describe('lines that are too long', () => {
  const long = 'x'.repeat(1_000) + '\n' + 'y'.repeat(90) + '\n'

  it.each([
    ['truncate', ['a', 'x'.repeat(100), 'y'.repeat(90), 'z']],
    ['skip', ['a', 'y'.repeat(90), 'z']],
    ['split', ['a', ...Array.from({ length: 10 }, () => 'x'.repeat(100)), 'y'.repeat(90), 'z']],
  ] as const)('are cut by the policy %s, whatever the chunk size', async (onLongLine, expected) => {
    for (const chunkBytes of [16, 150, 10_000]) {
      const path = join(temporaryFolder(), 'a.log')
      writeFileSync(path, 'a\n' + long)
      const { settle, tailer, problems } = await follow({ include: [path], maxLineBytes: 100, onLongLine, chunkBytes })
      await settle()
      appendFileSync(path, 'z\n')
      expect(await settle()).toEqual(expected)
      expect(tailer.stats().linesTooLong).toBeGreaterThan(0)
      expect(problems).toHaveLength(1)
    }
  })

  it('take no more memory than allowed while they grow, and resume in their middle', async () => {
    const path = join(temporaryFolder(), 'a.log')
    const piece = Buffer.alloc(64 * 1024, 'x')
    const { settle, tailer } = await follow({ include: [path], maxLineBytes: 200_000 })
    for (let index = 0; index < 160; index++) appendFileSync(path, piece)
    const lines = await settle()
    expect(lines.map((line) => line.length)).toEqual([200_000])
    const positions = tailer.positions()
    await tailer.stop()
    appendFileSync(path, 'end of it\nnext\n')
    const later = await follow({ include: [path], maxLineBytes: 200_000, positions })
    expect(await later.settle()).toEqual(['next'])
  })

  it('are not cut within a character', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'ü'.repeat(50) + '\n')
    const { settle } = await follow({ include: [path], maxLineBytes: 11 })
    expect(await settle()).toEqual(['üüüüü'])
  })
})

describe('what stands around lines', () => {
  it('leaves out a byte order mark, carriage returns and the NULs of a file truncated under its writer', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, '\ufeffone\r\ntwo\r\n')
    const { settle } = await follow({ include: [path] })
    await settle()
    writeFileSync(path, '')
    await settle()
    const file = openSync(path, 'r+')
    writeSync(file, 'three\n', 14)
    expect(await settle()).toEqual(['one', 'two', 'three'])
  })
})

describe('multi-line entries', () => {
  it('begin at a start pattern; the last one is handed on when nothing follows', async () => {
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, 'prelude\n2026 boom\n  at x\n  at y\n2026 next\n')
    const { settle, clock } = await follow({
      include: [path],
      multiline: { startPattern: '^\\d{4}' },
      flushAfterMs: 500,
    })
    expect(await settle()).toEqual(['prelude', '2026 boom\n  at x\n  at y'])
    clock.advance(500)
    expect(await settle()).toEqual(['prelude', '2026 boom\n  at x\n  at y', '2026 next'])
  })

  it('end at an end pattern, which may be left out', async () => {
    for (const [omitPattern, expected] of [
      [false, ['a\nb\nEND', 'c END']],
      [true, ['a\nb\n', 'c ']],
    ] as const) {
      const path = join(temporaryFolder(), 'a.log')
      writeFileSync(path, 'a\nb\nEND\nc END\nd')
      const { settle } = await follow({ include: [path], multiline: { endPattern: 'END$', omitPattern } })
      expect(await settle()).toEqual(expected)
    }
  })

  it('are the same however the file is cut into chunks', async () => {
    const entries = Array.from({ length: 40 }, (_, index) => `2026-${index} é ${'line\n '.repeat(index % 7)}end`)
    const path = join(temporaryFolder(), 'a.log')
    writeFileSync(path, entries.join('\n') + '\n')
    for (const chunkBytes of [7, 64, 1_000, 100_000]) {
      const { tailer, lines } = await follow({
        include: [path],
        multiline: { startPattern: '^2026' },
        chunkBytes,
        once: true,
      })
      await tailer.done
      expect(lines).toEqual(entries)
    }
  })
})

describe('any lines, written in any pieces', () => {
  it('arrive once, in order, at their offsets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '😀', '{', '"', ' '), maxLength: 40 }), { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 100 }),
        async (lines, pieces, chunkBytes) => {
          const path = join(temporaryFolder(), 'a.log')
          const bytes = Buffer.from(lines.map((line) => line + '\n').join(''))
          const { settle, chunks, lines: got, tailer } = await follow({ include: [path], chunkBytes })
          for (let from = 0, index = 0; from < bytes.length; index++) {
            const length = pieces[index % pieces.length] ?? 1
            appendFileSync(path, bytes.subarray(from, from + length))
            from += length
            await settle()
          }
          await tailer.stop()
          expect(got).toEqual(lines.filter((line) => line !== ''))
          for (const chunk of chunks) {
            expect(bytes.subarray(chunk.offset, chunk.offset + chunk.bytes.length).equals(chunk.bytes)).toBe(true)
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('globs', () => {
  it.each([
    ['/var/log/*.log', '/var/log/a.log', true],
    ['/var/log/*.log', '/var/log/b/a.log', false],
    ['/var/**/*.log', '/var/a.log', true],
    ['/var/**/*.log', '/var/x/y/a.log', true],
    ['/var/**', '/var/x/y', true],
    ['/var/a?.log', '/var/ab.log', true],
    ['/var/[a-c]*.{log,txt}', '/var/beta.txt', true],
    ['/var/[!a-c]*.log', '/var/beta.log', false],
    ['/var/a.b', '/var/axb', false],
    ['logs/*.jsonl', '/base/logs/x.jsonl', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(compileGlobs([pattern], '/base').some((glob) => glob.matches(path))).toBe(expected)
  })
})
