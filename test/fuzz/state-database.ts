/** A damaged state.db is moved aside or read on: opening it fails in words at most, and what is committed then is kept. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStateStorage } from '../../core/storage/index.ts'
import { brokenDatabase } from './databases.ts'
import { defineFuzzer } from './fuzzer.ts'

export default defineFuzzer({
  name: 'state-database',
  promise: 'a state.db damaged anywhere, or cut, never stops a collector from starting',
  rounds: 40,
  async open(folder) {
    const first = openStateStorage({ directory: join(folder, 'sound'), sync: 'commit' })
    for (let i = 0; i < 50; i++) await first.scoped(`file_log/${i % 5}`).commit([[`key/${i}`, Buffer.alloc(200, i)]])
    first.close()
    const whole = readFileSync(join(folder, 'sound', 'state.db'))
    return {
      async round(dice) {
        const directory = join(folder, 'round')
        mkdirSync(directory)
        writeFileSync(join(directory, 'state.db'), brokenDatabase(dice, whole))
        const storage = openStateStorage({ directory, sync: 'none' })
        try {
          const store = storage.scoped('file_log/new')
          await store.commit([['offset', Buffer.from('1')]])
          assert.equal(Buffer.from(store.get('offset') ?? []).toString(), '1')
        } finally {
          storage.close()
          rmSync(directory, { recursive: true, force: true })
        }
      },
    }
  },
})
