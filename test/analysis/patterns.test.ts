/** The report on the recorded day, out of what Marcus left behind, through the command line's own store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { patternsOf, type PatternReport } from 'seneca-collector/analysis'
import { createHistory, memoryBackend, rowsOf } from 'seneca-collector/history'
import { decode } from 'seneca-collector'
import { fakeClock } from 'seneca-collector/testing'
import { readEvents } from '../../core/cli/report/stored-events.ts'
import { bundledRecording } from '../../core/replay/index.ts'
import { answer } from '../../plugins/extensions/event_store/questions.ts'
import { backfill, leftBehind } from '../marcus/left-behind.ts'

const window = {
  since: Date.UTC(2026, 10, 23),
  until: Date.UTC(2026, 10, 24),
  timezone: 'UTC',
}

const report = async (): Promise<PatternReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-patterns-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { text } = await backfill(await leftBehind(bundledRecording(), join(folder, 'marcus')), folder)
  const history = createHistory(memoryBackend(), { retentionMs: undefined, eventsMax: undefined }, fakeClock())
  await history.append(rowsOf(decode('logs', 'envelope', Buffer.from(text))))
  const store = {
    id: 'event_store',
    ask: (topic: string, question = {}) =>
      Promise.resolve(answer(history, topic, JSON.parse(JSON.stringify(question)) as never)),
  }
  const events = await readEvents(store, window, { task: undefined, agent: undefined })
  return patternsOf(events, { ...window, top: 100 })
}

it('of the recorded day says what is known of it', async () => {
  const {
    total_events: total,
    event_types: types,
    failures,
    recoveries,
    tasks,
    agents,
    retries,
    hours,
  } = await report()
  expect(Object.values(types).reduce((a, b) => a + b, 0)).toBe(total)
  expect(types).toMatchObject({ 'task.created': 14, 'task.assigned': 12, 'task.completed': 13, 'task.recovered': 1 })
  expect(failures.map(({ type, count }) => [type, count])).toEqual([
    ['agent.silent', 1],
    ['task.blocked', 1],
    ['task.completion.refused', 1],
    ['task.recovered', 1],
  ])
  expect(
    recoveries.find(({ from, to }) => from === 'task.blocked' && to === 'task.unblocked')?.median_seconds,
  ).toBeCloseTo(129.8, 1)
  expect(tasks).toMatchObject({ seen: 15, completed: 13, open: 2 })
  expect(retries.map(({ task_name: name, attempts }) => `${name} ${attempts}`).toSorted()).toEqual([
    'Implement Prediction import 2',
    'Implement Unit Conversion 2',
    'Integration verification for Tide Tables 1',
  ])
  expect(
    agents.map(({ agent_name: name, assigned, completed, recovered }) => [name, assigned, completed, recovered]),
  ).toEqual([
    ['Ana', 5, 5, 0],
    ['Cleo', 3, 3, 0],
    ['Eve', 2, 1, 0],
    ['Ben', 1, 1, 0],
    ['Dimi', 1, 0, 1],
  ])
  expect(hours.by_hour[17]! + hours.by_hour[18]!).toBe(total)
})
