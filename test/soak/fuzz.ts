/**
 * `npm run soak:fuzz [-- --minutes N --seed N --only NAME]`: every fuzzer in turn, seeds never seen before, until the time
 * is over. The findings at the end, and an exit code of 1 when there are any.
 */
import { parseArgs } from 'node:util'
import { fuzzers } from '../fuzz/all.ts'
import { runFuzzer } from '../fuzz/watch.ts'

const TURN_SECONDS = 30
const ROUNDS_MOST = 1_000_000
const MINUTE_MS = 60_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const chosen = fuzzers.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
if (chosen.length === 0) throw new Error(`--only takes ${fuzzers.map(({ name }) => name).join(', ')}`)
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error('--minutes takes a positive number')

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const end = performance.now() + minutes * MINUTE_MS
const seconds = Math.min(TURN_SECONDS, (minutes * 60) / chosen.length)
const rounds = new Map<string, number>()
const failures: string[] = []
let seed = Number(values.seed)

say(`fuzz: ${minutes} min, seeds from ${seed}, ${chosen.map(({ name }) => name).join(', ')}`)
while (performance.now() < end) {
  for (const fuzzer of chosen) {
    const seen = await runFuzzer(fuzzer, { seed, rounds: ROUNDS_MOST, seconds })
    seed += seen.rounds
    rounds.set(fuzzer.name, (rounds.get(fuzzer.name) ?? 0) + seen.rounds)
    if (seen.failure === undefined) continue
    failures.push(seen.failure)
    say(`FOUND: ${seen.failure}\n`)
  }
}
for (const [name, count] of rounds) say(`${name}: ${count} rounds`)
say(failures.length === 0 ? 'nothing was found' : `${failures.length} findings, above`)
process.exitCode = failures.length === 0 ? 0 : 1
