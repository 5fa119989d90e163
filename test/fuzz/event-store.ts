/**
 * An events.db with open and closed parts, broken: a store starts, answers or refuses each question in words, and keeps what
 * is sent to it then. The columns too: rows and parts that say something else than they should.
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CollectorError } from 'seneca-collector'
import type { EventStoreFace } from 'seneca-collector/history'
import { harness, type Harness } from 'seneca-collector/testing'
import eventStore from '../../plugins/extensions/event_store/index.ts'
import { brokenDatabase } from './databases.ts'
import type { Dice } from './dice.ts'
import { defineFuzzer } from './fuzzer.ts'
import { batchOf, good } from './samples.ts'

const EVENTS = 2_300
const suffixes = ['', '-wal', '-shm']

/** Statements that leave a sound file of wrong content. */
const wrongContents = [
  "UPDATE events SET hash = x'00'",
  "UPDATE events SET time = 'soon' WHERE seq % 3 = 0",
  "UPDATE events SET line = '{' WHERE line IS NOT NULL",
  "UPDATE events SET line = x'ff00fe' WHERE line IS NOT NULL",
  'UPDATE events SET part = 7 WHERE part IS NOT NULL',
  'UPDATE events SET seq = seq + 1000000 WHERE seq > 2000',
  'UPDATE events SET severity = 9223372036854775807',
  'DELETE FROM events WHERE seq % 2 = 0',
  'DELETE FROM parts',
  "UPDATE parts SET data = x'28b52ffd'",
  'UPDATE parts SET data = substr(data, 1, 100)',
  'UPDATE parts SET data = zeroblob(1000)',
  "UPDATE parts SET data = 'text'",
  "UPDATE snapshots SET state = '[]'",
  "INSERT INTO snapshots VALUES (2000, 1, '{')",
  'INSERT INTO snapshots VALUES (2000, 1, \'{"agents":7}\')',
  "UPDATE meta SET value = 'x'",
  "INSERT OR REPLACE INTO meta VALUES ('evicted', '-1')",
  "INSERT OR REPLACE INTO meta VALUES ('anchor', '')",
  'DROP TABLE parts',
  'ALTER TABLE events RENAME COLUMN line TO text',
  'DROP TABLE events; CREATE TABLE events (a)',
  'DROP TABLE meta; CREATE VIEW meta AS SELECT 1 AS name, 2 AS value',
]

const questions: readonly (readonly [topic: string, query: Readonly<Record<string, string>>])[] = [
  ['query', { limit: '5000' }],
  ['query', { limit: '50', descending: 'true', pattern: 'task.*' }],
  ['query', { where: 'event.data["n"] == 7' }],
  ['query', { text: 'Grüße' }],
  ['event', { id: 'e1500' }],
  ['state', {}],
  ['state', { at: '1795856400000000000' }],
  ['verify', {}],
  ['stats', {}],
]

const ask = async (store: Harness, topic: string, query: Readonly<Record<string, string>>): Promise<void> => {
  try {
    await store.inspect(topic, query)
  } catch (error) {
    const told = CollectorError.from(error)
    // Where it is wrong, in words; not what JavaScript has to say of it.
    assert.ok(!/undefined|is not a function|not iterable|of null/.test(told.message), `${topic}: ${told.stack}`)
  }
}

const damage = (dice: Dice, path: string, sound: ReadonlyMap<string, Buffer>): void => {
  for (const [suffix, bytes] of sound) writeFileSync(path + suffix, bytes)
  if (dice.chance(0.4)) {
    const database = new DatabaseSync(path)
    try {
      database.exec(dice.pick(wrongContents))
    } finally {
      database.close()
    }
    return
  }
  const suffix = dice.chance(0.7) ? '' : '-wal'
  writeFileSync(path + suffix, brokenDatabase(dice, sound.get(suffix)!))
  if (dice.chance(0.2)) rmSync(path + dice.pick(['-wal', '-shm']), { force: true })
}

const open = (path: string): Promise<Harness> =>
  harness(eventStore, { path, sync: 'none', retention_hours: 0, max_events: 0 }, { dataDirectory: join(path, '..') })

export default defineFuzzer({
  name: 'event-store',
  promise: 'an events.db damaged anywhere starts, answers in words, and stores what comes',
  rounds: 16,
  async open(folder) {
    const path = join(folder, 'events.db')
    const first = await open(path)
    await first.start()
    const face = first.component.face as EventStoreFace
    for (let n = 0; n < EVENTS; n += 100)
      await face.append(batchOf(Array.from({ length: 100 }, (_, i) => good(n + i).replace('e100', 'e'))))
    await first.inspect('state', {})
    // As a kill would leave it: with a log that was not written back.
    const sound = new Map(suffixes.map((suffix) => [suffix, readFileSync(path + suffix)]))
    await first.stop()
    let stored = EVENTS
    return {
      async round(dice) {
        damage(dice, path, sound)
        const store = await open(path)
        await store.start()
        for (const [topic, query] of questions) await ask(store, topic, query)
        const line = good(stored++)
        const { id } = JSON.parse(line) as { readonly id: string }
        await (store.component.face as EventStoreFace).append(batchOf([line]))
        const found = (await store.inspect('event', { id })) as { readonly line: string }
        assert.equal((JSON.parse(found.line) as { readonly id: string }).id, id)
        await store.clock.advance(60_000)
        await store.stop()
        for (const suffix of suffixes) rmSync(path + suffix, { force: true })
        for (const suffix of suffixes) rmSync(`${path}.damaged${suffix}`, { force: true })
      },
    }
  },
})
