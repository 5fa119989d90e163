/**
 * Afterwards: the same events from the folder Marcus left, but for a committed list of what cannot be known any more; run
 * through the command line's own verb. That they have the ids they had live is shown where a day is live (live.test.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { verb } from '../../core/cli/backfill.ts'
import { bundledRecording, openRecording } from '../../core/replay/index.ts'
import { dayOf } from './day.ts'
import { score, showFailures, showScores, type Envelope, type Score } from './expectation.ts'
import { backfill, leftBehind, surroundings } from './left-behind.ts'
import { days } from './simulate/days.ts'
import { truthOf } from './truth.ts'
import { unknowable } from './unknowable.ts'

/** The collector's own, or lines nobody knows: not the truth's to judge. */
const OWN = /^(mcp\.|marcus\.|insight\.|alert\.|system\.(performance|config|health|error)|agent\.status\.updated$)/

const root = mkdtempSync(join(tmpdir(), 'seneca-backfill-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const left = (recording: string, name: string): Promise<string> => leftBehind(recording, join(root, name))

const judge = (recording: string, events: readonly Envelope[]): Score[] => {
  const scores = score(truthOf(dayOf(openRecording(recording)), { live: true }), events, true)
  console.log(`${showScores(scores)}\n${showFailures(scores.filter(({ type }) => !OWN.test(type)))}`)
  return scores
}

/** Nothing untrue; and what is missing stands in the list. */
const expectKnown = (scores: readonly Score[]): void => {
  for (const { type, precision, missing } of scores) {
    if (OWN.test(type)) continue
    expect({ type, precision }).toEqual({ type, precision: 1 })
    const unexplained = missing.filter(
      (one) => !unknowable.some((known) => known.type === type && (known.when?.(one) ?? true)),
    )
    expect({ type, unexplained }).toEqual({ type, unexplained: [] })
  }
}

describe('backfill', () => {
  it('knows of the recorded day all that can still be known, in the order of time', async () => {
    const { code, events, notes } = await backfill(await left(bundledRecording(), 'recorded'), root)
    expect(code).toBe(0)
    const scores = judge(bundledRecording(), events)
    expectKnown(scores)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    const times = events.map(({ timestamp }) => Date.parse(timestamp))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(notes).toMatch(/^\d+ events from 2026-11-23 17:48:\d\d to 2026-11-23 18:0\d:\d\d\n$/)
    // The list is no excuse for what is there: of this day these are lost, and no others.
    const lost = scores.filter(({ type, missing }) => !OWN.test(type) && missing.length > 0).map(({ type }) => type)
    expect(lost.toSorted()).toEqual([
      'project.status.updated',
      'system.recovered',
      'system.stopped',
      'system.unreachable',
    ])
  })

  it('says the same each time', async () => {
    const folder = await left(bundledRecording(), 'again')
    const first = await backfill(folder, root)
    expect((await backfill(folder, root)).text).toBe(first.text)
  })

  it.each(Object.keys(days))('another day: %s', async (name) => {
    const recording = join(root, `day-${name.replaceAll(' ', '-')}`)
    days[name]!(recording)
    const { events } = await backfill(await left(recording, `left-${name.replaceAll(' ', '-')}`), root)
    expectKnown(judge(recording, events))
  })

  it('reads what a Marcus on stdio left: no truth, no service file, an audit log', async () => {
    const stdio = fileURLToPath(new URL('../fixtures/marcus/stdio', import.meta.url))
    const { events } = await backfill(await left(stdio, 'stdio'), root)
    const count = (type: string): number => events.filter((event) => event.type === type).length
    expect(count('agent.registered')).toBe(1)
    expect(count('task.assigned')).toBe(2)
    expect(count('task.completed')).toBe(1)
    expect(count('task.blocked')).toBe(1)
    expect(count('task.progress.updated')).toBe(4)
    expect(count('decision.logged')).toBe(1)
    // Two before signing in, one as observer, two as agent.
    expect(count('system.access.denied')).toBe(5)
  })

  it('says what it cannot read', async () => {
    const run = (options: object) =>
      verb.run(
        { operands: [], options: { marcus: undefined, home: undefined, out: undefined, ...options } },
        surroundings(root),
      )
    await expect(run({})).rejects.toThrow('backfill needs --marcus FOLDER')
    await expect(run({ marcus: '.' })).rejects.toThrow('needs --out FILE')
    await expect(run({ marcus: 'nowhere', out: 'x' })).rejects.toThrow(/there is no folder .*nowhere/)
    await expect(run({ marcus: tmpdir(), out: 'x' })).rejects.toThrow(/is no folder of a Marcus/)
  })
})
