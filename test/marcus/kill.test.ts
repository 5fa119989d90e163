/**
 * kill -9 of the collector at random moments while a day is going by, and a new start each time: in the file everything
 * is there that happened, and nothing twice. SENECA_KILLS says how often (`npm run soak:marcus`: 50).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../core/kit/index.ts'
import { bundledRecording, openRecording, prepareReplay, scaledClock } from '../../core/replay/index.ts'
import { timelineOf } from '../../core/replay/timeline.ts'
import { waitFor } from '../setup/wait-for.ts'
import type { ChildOptions } from './collector-child.ts'
import { dayOf } from './day.ts'
import { score, showFailures, showScores, unexplained, type Score } from './expectation.ts'
import { marcusConfig, readEvents } from './live.ts'
import { truthOf } from './truth.ts'
import { unknowable } from './unknowable.ts'

const KILLS = Number(process.env['SENECA_KILLS'] ?? 12)
/** A life after its start, in ms. */
const [LIFE_LEAST_MS, LIFE_MOST_MS] = [200, 1_700]
const SPEED_MOST = 30
/** Against the one that is measured. */
const STARTS_VARY = 1.3
/** What only somebody who is there can see: outages, the endpoint's answers, and what follows from them. */
const WITNESSED =
  /^(system\.(unreachable|recovered|performance|config|health|error)|mcp\.|marcus\.|agent\.status\.(updated|changed)$)/

const startChild = async (options: ChildOptions): Promise<ChildProcess> => {
  const script = new URL('./collector-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
  return child
}

/** How long this machine takes, as busy as it is, to start a collector, in ms. */
const startTakes = async (folder: string): Promise<number> => {
  mkdirSync(folder)
  const yaml = marcusConfig(join(folder, 'marcus'), undefined, join(folder, 'events.jsonl'))
  const begun = performance.now()
  const child = await startChild({ yaml, dataDirectory: folder, start: 0, wall: Date.now(), speed: 1 })
  const took = performance.now() - begun
  child.kill('SIGKILL')
  return took
}

/** At which a day of so many ms is long enough for all lives. */
const speedFor = (dayMs: number, startMs: number): number =>
  Math.max(
    1,
    Math.min(SPEED_MOST, Math.floor(dayMs / (KILLS * (STARTS_VARY * startMs + (LIFE_LEAST_MS + LIFE_MOST_MS) / 2)))),
  )

const isUnknowable = ({ type }: Score): boolean => unknowable.some((known) => known.type === type)
const isComplete = (one: Score): boolean => WITNESSED.test(one.type) || isUnknowable(one) || one.missing.length === 0

it(`loses nothing and repeats nothing over ${KILLS} kills`, { timeout: 900_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'seneca-kill-'))
  const marcus = join(root, 'marcus')
  const out = join(root, 'events.jsonl')
  const recording = openRecording(bundledRecording())
  const timeline = timelineOf(recording)
  const start = timeline.start / 1_000
  const speed = speedFor((timeline.end - timeline.start) / 1_000, await startTakes(join(root, 'trial')))
  const clock = scaledClock({ start, speed })
  const replay = await prepareReplay({ recording, folder: marcus, clock })
  const options = {
    yaml: marcusConfig(marcus, replay.endpoint, out),
    dataDirectory: root,
    start,
    wall: Date.now(),
    speed,
  }
  let child = await startChild(options)
  let kills = 0
  try {
    const day = replay.run()
    while (kills < KILLS) {
      await systemClock.sleep(LIFE_LEAST_MS + Math.random() * (LIFE_MOST_MS - LIFE_LEAST_MS))
      const gone = once(child, 'exit')
      expect(child.exitCode).toBeNull()
      child.kill('SIGKILL')
      await gone
      kills++
      child = await startChild(options)
    }
    await day
    await clock.sleep(90_000)
    const truth = truthOf(dayOf(recording), { live: true })
    const judge = (): Score[] => score(truth, readEvents(out), true)
    // What is still missing then is shown below.
    await waitFor('all that must come', () => judge().every(isComplete)).catch(() => {})
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
    const [events, scores] = [readEvents(out), judge()]
    const judged = scores.filter(({ type }) => !WITNESSED.test(type))
    console.log(`${kills} kills at ${speed}×\n${showScores(scores)}\n${showFailures(judged)}`)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    // What changed on the board while nobody looked is as lost as it is to a backfill, or told on the return as what stands
    // there then; all else must be there, in its time.
    for (const one of judged) {
      const { type, missing, surplus } = one
      const [lost, wrong] = isUnknowable(one) ? [[], unexplained(one)] : [missing, surplus]
      expect({ type, lost, wrong }).toEqual({ type, lost: [], wrong: [] })
    }
  } finally {
    child.kill('SIGKILL')
    await replay.close()
    rmSync(root, { recursive: true, force: true })
  }
})
