/**
 * What a Marcus left, broken: databases by byte, page and schema, state files, logs. The receiver reads what can be read, says
 * what cannot, comes to its end, and goes on with what is sound.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import marcus from '../../plugins/receivers/marcus/index.ts'
import { bundledRecording, openRecording, prepareReplay, scaledClock } from '../../core/replay/index.ts'
import { brokenDatabase } from './databases.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { oddPieces } from './samples.ts'

const END_MS_MAX = 20_000

/** Sound files of another shape. */
const wrongShapes: Readonly<Record<string, readonly string[]>> = {
  'marcus.db': [
    'DROP TABLE persistence',
    'ALTER TABLE persistence RENAME COLUMN data TO payload',
    "UPDATE persistence SET data = '['",
    "UPDATE persistence SET data = '[]'",
    "UPDATE persistence SET data = replace(data, '{', '{\"a\":{')",
    "UPDATE persistence SET stored_at = 'tomorrow'",
    "UPDATE persistence SET key = x'00ff', collection = NULL",
  ],
  'kanban.db': [
    'DROP TABLE tasks',
    'DROP TABLE task_dependencies',
    'UPDATE tasks SET created_at = NULL, updated_at = 7',
    "UPDATE tasks SET status = x'ff', priority = 1e300",
    'UPDATE tasks SET id = 9223372036854775807 WHERE rowid = 1',
    'UPDATE comments SET content = zeroblob(100000)',
    'ALTER TABLE tasks ADD COLUMN extra INTEGER DEFAULT 9223372036854775807',
  ],
  'costs.db': [
    'DROP TABLE token_events',
    "UPDATE token_events SET timestamp = 'x', run_id = NULL",
    'UPDATE token_events SET input_tokens = 9223372036854775807',
    'UPDATE token_events SET input_tokens = -1.5',
    "CREATE TABLE c2 AS SELECT * FROM token_events; DROP TABLE token_events; ALTER TABLE c2 RENAME TO token_events; UPDATE token_events SET event_id = 'x'",
    'DROP VIEW IF EXISTS v_event_cost; CREATE VIEW v_event_cost AS SELECT 1 AS one',
  ],
}

const tryAll = (path: string, sql: string): void => {
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; ${sql}`)
  } catch {
    // This recording's file may not have it.
  } finally {
    database.close()
  }
}

const damage = (dice: Dice, path: string): void => {
  const name = path.split('/').at(-1)!
  if (name.endsWith('.db')) {
    if (dice.chance(0.4)) return tryAll(path, dice.pick(wrongShapes[name] ?? ['DROP TABLE tasks']))
    const target = existsSync(`${path}-wal`) && dice.chance(0.3) ? `${path}-wal` : path
    return writeFileSync(target, brokenDatabase(dice, readFileSync(target)))
  }
  writeFileSync(path, dice.broken(readFileSync(path), oddPieces))
}

/** Everything its answers to `status` and `now` hold is JSON. */
const asked = (one: { inspect(topic: string): unknown }): void => {
  for (const topic of ['', 'now']) JSON.stringify(one.inspect(topic))
}

export default defineFuzzer({
  name: 'marcus-files',
  promise: "a Marcus's databases, state files and logs damaged anywhere are read as far as they can be",
  rounds: 10,
  async open(folder) {
    const sound = join(folder, 'sound')
    const replay = await prepareReplay({
      recording: openRecording(bundledRecording()),
      folder: sound,
      clock: scaledClock({ start: 0, speed: 1 }),
      speed: Infinity,
      port: false,
    })
    await replay.run()
    await replay.close()
    const files = globSync('**/*.{db,json,jsonl,log}', { cwd: sound })
    const databases = files.filter((name) => name.endsWith('.db'))
    assert.ok(databases.length >= 2, `databases: ${databases.join()}`)
    let most = 0
    return {
      async round(dice) {
        const folderOf = join(folder, 'round')
        mkdirSync(folderOf)
        cpSync(sound, folderOf, { recursive: true })
        for (let n = dice.int(4); n >= 0; n--)
          damage(dice, join(folderOf, dice.pick(dice.chance(0.5) ? databases : files)))
        const mode = dice.pick(['backfill', 'live'] as const)
        const options = { folder: folderOf, home: join(folderOf, 'home'), endpoint: 'none', mode }
        const test = await harness(marcus, options, { once: mode === 'live' })
        await test.start()
        const end = performance.now() + END_MS_MAX
        while (!test.ended && performance.now() < end) {
          await test.clock.advance(1_000)
          await systemClock.sleep(1)
        }
        assert.ok(test.ended, 'it does not come to its end')
        asked(test)
        for (const batch of test.batches) JSON.stringify(batch.encode('envelope').length)
        const events = test.batches.reduce((sum, { count }) => sum + count, 0)
        most = Math.max(most, events)
        await test.stop()
        assert.deepEqual(
          test.statuses.filter(({ state }) => state === 'failed'),
          [],
        )
        rmSync(folderOf, { recursive: true, force: true })
        rmSync(test.ctx.dataDirectory, { recursive: true, force: true })
      },
      close: () => assert.ok(most > 50, `only ${most} events were ever read`),
    }
  },
})
