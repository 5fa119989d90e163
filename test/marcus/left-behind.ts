/** A day as Marcus left it, laid down at once, and what the command line's own verb makes of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { verb } from '../../core/cli/backfill.ts'
import { openRecording, prepareReplay, scaledClock } from '../../core/replay/index.ts'
import type { Envelope } from './expectation.ts'
import { readEvents } from './live.ts'

export const leftBehind = async (recording: string, folder: string): Promise<string> => {
  const clock = scaledClock({ start: 0, speed: 1 })
  const replay = await prepareReplay({
    recording: openRecording(recording),
    folder,
    clock,
    speed: Infinity,
    port: false,
  })
  await replay.run()
  await replay.close()
  return folder
}

/** How the verb is called; `notes` gets what it says to people. */
export const surroundings = (cwd: string, notes: (text: string) => void = () => {}) => ({
  out: () => {},
  err: notes,
  env: process.env,
  cwd,
  signal: new AbortController().signal,
  color: false,
  terminal: false,
  columns: () => 80,
  debug: false,
})

export const backfill = async (
  marcus: string,
  root: string,
): Promise<{ code: number; events: Envelope[]; notes: string; text: string }> => {
  const out = join(root, `${Math.random()}.jsonl`)
  let notes = ''
  const io = surroundings(root, (text) => void (notes += text))
  const code = await verb.run({ operands: [], options: { marcus, home: undefined, out } }, io)
  return { code, events: readEvents(out), notes, text: readFileSync(out, 'utf8') }
}
