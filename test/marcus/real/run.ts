/**
 * `npm run real-marcus -- --source FOLDER --python PATH [--day busy|silent|projects] [--folder FOLDER] [--http] [--no-log]`:
 * a day of a real Marcus, with three collectors beside it as users run them (the shipped collector.yaml): one from
 * before the start, one that comes late, one that only reads files. What each says is judged against what really happened;
 * the folder that stays is a recording like the bundled one. Needs a checkout of github.com/lwgray/marcus and a Python with
 * its requirements (`pip install -r requirements.txt 'mcp<2'`). Everything is on loopback; a stand-in answers for the
 * language model. Exit code 1 when anything required is missing, or said that did not happen. `--judge` judges a folder once
 * more.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openRecording } from '../../../core/replay/index.ts'
import { root } from '../../architecture/sources.ts'
import { dayOf } from '../day.ts'
import { score, showFailures, showScores } from '../expectation.ts'
import { readEvents } from '../live.ts'
import { truthOf } from '../truth.ts'
import type { Stage } from './cast.ts'
import { realDays } from './days.ts'
import { prepareMarcus } from './marcus-process.ts'
import { startModel } from './model.ts'
import { openNotes } from './notes.ts'
import { watchBoard } from './watcher.ts'

/** Longer than a restart's grace, so that all that follows from the last end can be seen. */
const AFTERWARDS_MS = 20_000
/** What the collector alone sees, or nobody knows: not the truth's to judge. */
const OWN = /^(mcp\.|marcus\.|insight\.|alert\.|system\.(performance|config|health|error)|agent\.status\.updated$)/
/** What Marcus leaves, and where it lies in a recording. */
const LEFT = [
  ['src/logs', 'logs'],
  ['src/data', 'data'],
  ['home/.marcus', 'home'],
] as const

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    python: { type: 'string' },
    day: { type: 'string', default: 'busy' },
    folder: { type: 'string' },
    http: { type: 'boolean', default: false },
    'no-log': { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
  },
})
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'seneca-real-'))
const recording = join(folder, 'recording')
const place = join(folder, 'marcus')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** A collector as users run it, with a folder of its own. */
const collect = (name: string, ...sets: readonly string[]): ChildProcess => {
  const cwd = join(folder, name)
  mkdirSync(cwd, { recursive: true })
  // Paths in a configuration start where it stands.
  cpSync(join(root, 'collector.yaml'), join(cwd, 'collector.yaml'))
  const log = openSync(join(cwd, 'collector.log'), 'a')
  const set = ['exporters.websocket.endpoint=127.0.0.1:0', ...sets].flatMap((one) => ['--set', one])
  const words = [join(root, 'core/main.ts'), 'run', ...set]
  const env = { ...process.env, HOME: join(place, 'home'), SENECA_DATA_DIR: join(cwd, 'state') }
  return spawn(process.execPath, words, { cwd, stdio: ['ignore', log, log], env })
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

const live = async (source: string, python: string, day: (stage: Stage) => Promise<void>): Promise<void> => {
  const workFolder = join(folder, 'work')
  mkdirSync(workFolder, { recursive: true })
  const notes = openNotes(recording)
  const model = await startModel()
  const marcus = await prepareMarcus({
    source,
    python,
    folder: place,
    model: model.url,
    notes,
    textLog: !values['no-log'],
    args: [values.http ? '--http' : '--multi'],
  })
  const watcher = watchBoard(join(place, 'src/data/kanban.db'), notes)
  const collectors = [collect('early'), collect('files', 'receivers.marcus.endpoint=none')]
  const cue = async (name: string): Promise<void> => void collectors.push(collect(name))
  try {
    await day({ marcus, notes, watcher, workFolder, cue })
  } finally {
    await marcus.stop('SIGKILL')
    watcher.stop()
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS))
    await Promise.all(collectors.map(end))
    await model.close()
  }
  for (const [from, to] of LEFT) {
    if (existsSync(join(place, from))) cpSync(join(place, from), join(recording, to), { recursive: true })
  }
}

/** How many types one of the collectors got wrong. */
const judge = (): number => {
  let wrong = 0
  const today = dayOf(openRecording(recording))
  for (const name of ['early', 'files', 'late'].filter((one) => existsSync(join(folder, one)))) {
    const events = readEvents(join(folder, name, 'seneca-events.jsonl'))
    // One that came late or reads files alone may see an outage or not.
    const sees = name === 'early' && !values.http
    const truth = truthOf(today, { live: true }).map((one) =>
      !sees && /^system\.(unreachable|recovered|stopped)$/.test(one.type) ? { ...one, optional: true } : one,
    )
    const scores = score(truth, events, name !== 'early').filter(({ type }) => !OWN.test(type))
    const bad = scores.filter(({ precision, recall }) => precision < 1 || recall < 1)
    wrong += bad.length
    say(`\n${name}: ${events.length} events, ${new Set(events.map(({ id }) => id)).size} ids`)
    say(bad.length === 0 ? 'all as it happened' : `${showScores(bad)}\n${showFailures(bad)}`)
  }
  return wrong
}

if (!values.judge) {
  const day = realDays[values.day]
  if (values.source === undefined || values.python === undefined || day === undefined) {
    throw new Error(`say --source and --python, and a --day that is one of ${Object.keys(realDays).join(', ')}`)
  }
  say(`a real day (${values.day}) in ${folder}`)
  await live(values.source, values.python, day)
}
process.exit(judge() === 0 ? 0 : 1)
