/** A damaged state.db is moved aside or read on: opening it fails in words at most, and what is committed then is kept. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { openStateStorage } from '../../core/storage/index.ts'

/** `SENECA_FUZZ_RUNS` for a long look. */
const RUNS = Number(process.env['SENECA_FUZZ_RUNS'] ?? 30)

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
})

it('a state.db damaged anywhere, or cut, never stops a collector from starting', { timeout: 60_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'seneca-fuzz-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const sound = join(root, 'sound')
  const first = openStateStorage({ directory: sound, sync: 'commit' })
  for (let i = 0; i < 50; i++) await first.scoped(`file_log/${i % 5}`).commit([[`key/${i}`, Buffer.alloc(200, i)]])
  first.close()
  const whole = readFileSync(join(sound, 'state.db'))
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { maxLength: 4 }),
      fc.option(fc.nat({ max: whole.length })),
      async (hits, cut) => {
        const directory = join(root, String(run++))
        mkdirSync(directory)
        const broken = Buffer.from(whole)
        for (const { at, bytes } of hits)
          broken.set(bytes.subarray(0, broken.length - Math.floor(at * broken.length)), Math.floor(at * broken.length))
        writeFileSync(join(directory, 'state.db'), broken.subarray(0, cut ?? broken.length))
        const storage = openStateStorage({ directory, sync: 'none' })
        try {
          const store = storage.scoped('file_log/new')
          await store.commit([['offset', Buffer.from('1')]])
          expect(Buffer.from(store.get('offset') ?? []).toString()).toBe('1')
        } finally {
          storage.close()
          rmSync(directory, { recursive: true, force: true })
        }
      },
    ),
    { numRuns: RUNS },
  )
})
