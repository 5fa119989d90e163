/**
 * kill -9 of the collector at random moments while a day is going by, and a new start each time: in the file everything
 * is there that happened, and nothing twice. SENECA_KILLS says how often (`npm run soak:marcus`: 50).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bundledRecording, openRecording, prepareReplay, scaledClock } from '../../core/replay/index.ts'
import { timelineOf } from '../../core/replay/timeline.ts'
import { waitFor } from '../setup/wait-for.ts'
import type { ChildOptions } from './collector-child.ts'
import { dayOf } from './day.ts'
import { score, showFailures, showScores, unexplained } from './expectation.ts'
import { marcusConfig, readEvents } from './live.ts'
import { truthOf } from './truth.ts'
import { unknowable } from './unknowable.ts'

const KILLS = Number(process.env['SENECA_KILLS'] ?? 12)
/** A life lasts about a second and a half; the day must be long enough for all of them. */
const SPEED = Math.max(2, Math.min(30, Math.floor(815 / (KILLS * 2.2))))
/** What only somebody who is there can see: outages, the endpoint's answers, and what follows from them. */
const WITNESSED =
  /^(system\.(unreachable|recovered|performance|config|health|error)|mcp\.|marcus\.|agent\.status\.(updated|changed)$)/

const startChild = async (options: ChildOptions): Promise<ChildProcess> => {
  const script = new URL('./collector-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
  return child
}

it(`loses nothing and repeats nothing over ${KILLS} kills`, { timeout: 900_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'seneca-kill-'))
  const marcus = join(root, 'marcus')
  const out = join(root, 'events.jsonl')
  const recording = openRecording(bundledRecording())
  const start = timelineOf(recording).start / 1_000
  const clock = scaledClock({ start, speed: SPEED })
  const replay = await prepareReplay({ recording, folder: marcus, clock })
  const options = {
    yaml: marcusConfig(marcus, replay.endpoint, out),
    dataDirectory: root,
    start,
    wall: Date.now(),
    speed: SPEED,
  }
  let child = await startChild(options)
  let kills = 0
  try {
    const day = replay.run()
    let over = false
    void day.then(() => (over = true))
    while (!over && kills < KILLS) {
      await clock.sleep((200 + Math.random() * 1_500) * SPEED)
      child.kill('SIGKILL')
      await once(child, 'exit')
      kills++
      child = await startChild(options)
    }
    await day
    await clock.sleep(90_000)
    const settled = readEvents(out).length
    await waitFor('the events', () => readEvents(out).length >= settled)
    child.kill('SIGTERM')
    await once(child, 'exit')
    const events = readEvents(out)
    const scores = score(truthOf(dayOf(recording), { live: true }), events, true)
    const judged = scores.filter(({ type }) => !WITNESSED.test(type))
    console.log(`${kills} kills\n${showScores(scores)}\n${showFailures(judged)}`)
    expect(kills).toBe(KILLS)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    // What changed on the board while nobody looked is as lost as it is to a backfill, or told on the return as what stands
    // there then; all else must be there, in its time.
    for (const one of judged) {
      const { type, missing, surplus } = one
      const isUnknowable = unknowable.some((known) => known.type === type)
      const [lost, wrong] = isUnknowable ? [[], unexplained(one)] : [missing, surplus]
      expect({ type, lost, wrong }).toEqual({ type, lost: [], wrong: [] })
    }
  } finally {
    child.kill('SIGKILL')
    await replay.close()
    rmSync(root, { recursive: true, force: true })
  }
})
