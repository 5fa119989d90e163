/** Runs a fuzzer in a process of its own and sees what becomes of it: a crash, or no sign of life, is a finding too. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { systemClock } from 'seneca-collector'
import type { Fuzzer } from './fuzzer.ts'

/** A round that takes longer hangs. */
const ROUND_MS_MAX = 30_000
const HEAP_MIB_MAX = 512
const WORDS = 8_000

export interface Look {
  readonly seed: number
  readonly rounds: number
  readonly seconds: number
}

export interface Seen {
  readonly rounds: number
  /** What happened, and how to see it again. */
  readonly failure?: string
}

export const runFuzzer = async ({ name }: Fuzzer, { seed, rounds, seconds }: Look): Promise<Seen> => {
  const flags = ['--expose-gc', `--max-old-space-size=${HEAP_MIB_MAX}`, '--disable-warning=ExperimentalWarning']
  const args = [join(import.meta.dirname, 'child.ts'), name, String(seed), String(rounds), String(seconds)]
  const { NODE_OPTIONS: _options, ...env } = process.env
  const child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  let words = ''
  let at = 'before the first round'
  let seen = 0
  let hangs = false
  const giveUp = (): void => {
    hangs = true
    child.kill('SIGKILL')
  }
  let alive = systemClock.after(ROUND_MS_MAX, giveUp)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    alive()
    alive = systemClock.after(ROUND_MS_MAX, giveUp)
    const lines = text.trimEnd().split('\n')
    seen += lines.filter((line) => line.startsWith('seed ')).length
    at = lines.at(-1)!
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-WORDS)))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  alive()
  if (code === 0) return { rounds: seen }
  const what = hangs ? `nothing happened for ${ROUND_MS_MAX / 1_000} s` : `it ended with ${code ?? signal}`
  const again = `SENECA_FUZZ_SEED=${at.replace('seed ', '')} npx vitest run test/fuzz -t ${name}`
  return { rounds: seen, failure: `${name}, ${at}: ${what}\n${words}\nto see it again: ${again}` }
}
