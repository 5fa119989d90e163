/**
 * Does the collector say what really happened, all of it, once, and nothing else? Scores are printed. Other recorded days
 * can be judged too: MARCUS_RECORDING=/path/to/day vitest run test/marcus/live.test.ts (several, separated by colons).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundledRecording, openRecording, seconds, shifted, type Recording } from '../../core/replay/index.ts'
import * as damage from './damage.ts'
import { dayOf } from './day.ts'
import { score, showFailures, showScores, type Score } from './expectation.ts'
import { backfill, leftBehind } from './left-behind.ts'
import { live, type Live } from './live.ts'
import { days } from './simulate/days.ts'
import { truthOf } from './truth.ts'

const SPEED = Number(process.env['MARCUS_SPEED'] ?? 20)
/** Every kind of day takes minutes; the hardest stands for the others, which `npm run soak:marcus` has live too. */
const OTHER_DAYS = process.env['MARCUS_DAYS'] === 'all' ? Object.keys(days) : ['crash']
const TIMEOUT_MS = 600_000
/** Judged by their own rules, or not the truth's to know: the collector's own doings, and lines nobody knows. */
const OWN = /^(mcp\.|marcus\.|insight\.|alert\.|system\.(performance|config|health|error))/
/** Seen by polling alone. */
const POLLED = new Set(['agent.status.changed'])

const root = mkdtempSync(join(tmpdir(), 'seneca-live-days-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const judge = (recording: Recording, { events }: Live): Score[] => {
  const scores = score(truthOf(dayOf(recording), { live: true, outageSeconds: SPEED }), events)
  console.log(
    `${basename(recording.folder)}\n${showScores(scores)}\n${showFailures(scores.filter(({ type }) => !OWN.test(type)))}`,
  )
  return scores
}

const expectPerfect = (scores: readonly Score[]): void => {
  for (const { type, precision, recall } of scores) {
    if (OWN.test(type)) continue
    const least = POLLED.has(type) ? 0.95 : 1
    expect({ type, precision: precision >= least, recall: recall >= least }).toEqual({
      type,
      precision: true,
      recall: true,
    })
  }
}

const expectOnce = ({ events }: Live): void => {
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
}

const expectBalanced = ({ balance }: Live): void => {
  for (const one of balance) expect(one).toMatchObject({ balanced: true, queued: 0, inFlight: 0, deadLettered: 0 })
}

/** Nothing that an observer's polls leave in the logs may come out, neither the recorded observer's nor our own. */
const expectNoObserver = ({ events }: Live): void => {
  const traces = events.filter((event) => /ping_|project_state_refreshed|client_registered/.test(JSON.stringify(event)))
  expect(traces).toEqual([])
}

const others = (process.env['MARCUS_RECORDING'] ?? '').split(':').filter((path) => path !== '')

/** Afterwards, from what Marcus left, each event has the id it had live. */
const expectSameIds = async (folder: string, { events }: Live): Promise<void> => {
  const past = await backfill(await leftBehind(folder, join(root, `left-${basename(folder)}`)), root)
  const ids = new Set(events.map(({ id }) => id))
  // How the counts stood in between is seen by those who are there.
  const strange = past.events.filter(({ id, type }) => !ids.has(id) && type !== 'project.status.updated')
  expect(strange.map(({ type, timestamp, data }) => ({ type, timestamp, data }))).toEqual([])
}

describe('live replay', { timeout: TIMEOUT_MS }, () => {
  it.each([bundledRecording(), ...others])('%s: says what happened, once, and nothing else', async (folder) => {
    const recording = openRecording(folder)
    const result = await live({ recording, speed: SPEED })
    expectPerfect(judge(recording, result))
    expectOnce(result)
    expectNoObserver(result)
    expectBalanced(result)
    expect(result.polls.size).toBeGreaterThan(0)
    await expectSameIds(folder, result)
  })

  it.each(OTHER_DAYS)('another day: %s', async (name) => {
    const folder = join(root, name.replaceAll(' ', '-'))
    days[name]!(folder)
    const recording = openRecording(folder)
    const result = await live({ recording, speed: SPEED })
    expectPerfect(judge(recording, result))
    expectOnce(result)
  })

  it('is as good over midnight, with torn writes, doubled lines and lines nobody can read', async () => {
    const recording = openRecording(bundledRecording())
    const by = seconds(6 * 3_600 + 5 * 60)
    const change = (timeline: Parameters<typeof damage.torn>[0]) =>
      damage.torn(damage.doubled()(damage.withJunk()(shifted(by)(timeline))))
    const result = await live({ recording, speed: SPEED, change })
    const expected = truthOf(dayOf(recording), { live: true, outageSeconds: SPEED }).map((one) => ({
      ...one,
      from: one.from + by,
      to: one.to + by,
    }))
    const scores = score(expected, result.events)
    console.log(showFailures(scores.filter(({ type }) => !OWN.test(type))))
    expectPerfect(scores)
    expectOnce(result)
    expect(result.events.some(({ type }) => type === 'marcus.log.record')).toBe(true)
  })

  it('goes on after a line of 10 MB in every log', async () => {
    const folder = join(root, 'huge')
    days['two projects']!(folder)
    const recording = openRecording(folder)
    // Slower: reading 30 MB takes a moment of the machine's time, which would be half a minute of a faster day's.
    const result = await live({ recording, speed: Math.min(SPEED, 8), change: damage.withHugeLine() })
    expectPerfect(judge(recording, result))
    expectOnce(result)
  })

  it('says nothing untrue where files are missing', async () => {
    const recording = openRecording(bundledRecording())
    const change = damage.without(/realtime_|marcus_.*\.log$/)
    const result = await live({ recording, speed: SPEED, change, endpoint: false })
    for (const { type, precision } of judge(recording, result)) {
      if (!OWN.test(type)) expect({ type, precision }).toEqual({ type, precision: 1 })
    }
    expectOnce(result)
  })
})
