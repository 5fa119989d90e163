import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../observation.ts'
import { costSource, marcusSource, type TableSource } from './boards.ts'
import { openLive } from './database.ts'
import { newCounters, type Sink } from './sink.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seneca-boards-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** marcus.db with a row for each decision. */
const write = (decisions: readonly string[], day: string): void => {
  const db = new DatabaseSync(join(folder, 'marcus.db'))
  db.exec(
    'CREATE TABLE IF NOT EXISTS persistence (collection TEXT, key TEXT, data TEXT, stored_at TEXT, PRIMARY KEY (collection, key))',
  )
  for (const id of decisions) {
    const data = JSON.stringify({
      decision_id: id,
      task_id: 't',
      agent_id: 'a',
      what: id,
      timestamp: `${day}T10:00:00`,
    })
    db.prepare('INSERT OR REPLACE INTO persistence VALUES (?, ?, ?, ?)').run('decisions', id, data, `${day} 10:00:00`)
  }
  db.close()
}

const reader = (): { source: TableSource; read: () => string[] } => {
  const seen: Observation[] = []
  const sink: Sink = {
    push: (observation) => void seen.push(observation),
    counters: () => newCounters(),
    now: () => 0,
    history: () => false,
  }
  const source = marcusSource(openLive(join(folder, 'marcus.db')), sink, false)
  return {
    source,
    read: () => {
      source.poll()
      return seen.splice(0).flatMap((one) => (one.kind === 'decision' ? [one.id] : []))
    },
  }
}

describe('rows of marcus.db', () => {
  it('are read once, across a restart of the collector', () => {
    write(['one', 'two'], '2026-11-01')
    const first = reader()
    expect(first.read()).toEqual(['one', 'two'])
    const position = first.source.position()
    write(['three'], '2026-11-01')
    const second = reader()
    second.source.goOnFrom(position)
    expect(second.read()).toEqual(['three'])
  })

  it('are read from the first when the data was thrown away and begun anew, however many there are by then', () => {
    write(['one', 'two', 'three'], '2026-11-01')
    const { source, read } = reader()
    read()
    const position = source.position()
    for (const decisions of [['a'], ['a', 'b', 'c', 'd', 'e']]) {
      rmSync(join(folder, 'marcus.db'))
      write(decisions, '2026-11-02')
      const next = reader()
      next.source.goOnFrom(position)
      expect(next.read()).toEqual(decisions)
    }
    expect(read()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('are not read again when the last one was replaced', () => {
    write(['one', 'two'], '2026-11-01')
    const { source, read } = reader()
    read()
    const position = source.position()
    write(['two'], '2026-11-03')
    const next = reader()
    next.source.goOnFrom(position)
    expect(next.read()).toEqual(['two'])
  })
})

describe('rows of costs.db', () => {
  it('are read once to the end although their numbers are none', () => {
    const path = join(folder, 'costs.db')
    const db = new DatabaseSync(path)
    db.exec(`CREATE TABLE token_events (event_id TEXT, run_id TEXT, timestamp TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
      INSERT INTO token_events SELECT 'x', 'r', '2026-11-01T10:00:00' FROM n`)
    db.close()
    const counters = newCounters()
    const sink: Sink = { push: () => {}, counters: () => counters, now: () => 0, history: () => false }
    costSource(openLive(path), sink).poll()
    expect(counters.read).toBe(2_000)
  })
})
