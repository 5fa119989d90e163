/**
 * `node test/fuzz/child.ts NAME SEED ROUNDS SECONDS`: rounds of one fuzzer in this process, SEED and up, until there were
 * so many or the time is over. Each begins with a line that says its seed, so that whoever watches knows it when nothing
 * more comes. Ends with 1 and a stack when a round throws, when anything falls outside of a round, when the event loop is
 * kept too long in one go, or when memory grows from round to round.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { fuzzers } from './all.ts'
import { createDice } from './dice.ts'

/** CPU time that this thread may take between two turns of the event loop. */
const KEPT_MS_MAX = 1_500
const LOOK_MS = 20
/** Memory is compared with what it was after so many rounds … */
const WARM_ROUNDS = 30
/** … and this often. */
const WEIGH_EVERY = 50
const GROWTH_MIB_MAX = 64

const fail = (error: unknown): never => {
  process.stderr.write(`${inspect(error)}\n`)
  process.exit(1)
}

/** CPU time and not the clock's: a busy machine is no fault. */
const watchLoop = (): (() => void) => {
  const cpu = (): number => process.threadCpuUsage().user / 1_000
  let before = cpu()
  const timer = setInterval(() => {
    const now = cpu()
    if (now - before > KEPT_MS_MAX) fail(new Error(`the event loop was kept for ${Math.round(now - before)} ms of CPU`))
    before = now
  }, LOOK_MS)
  return () => clearInterval(timer)
}

const createScales = () => {
  let first: number | undefined
  return (round: number): void => {
    if (globalThis.gc === undefined || round < WARM_ROUNDS || round % WEIGH_EVERY !== 0) return
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    const now = (heapUsed + external) / 2 ** 20
    first ??= now
    if (now - first > GROWTH_MIB_MAX)
      throw new Error(`memory grew from ${Math.round(first)} to ${Math.round(now)} MiB in ${round} rounds`)
  }
}

const [name = '', seed, rounds, seconds] = process.argv.slice(2)
const fuzzer = fuzzers.find((one) => one.name === name)
if (fuzzer === undefined)
  throw new Error(`there is no fuzzer '${name}'; there are ${fuzzers.map((f) => f.name).join(', ')}`)
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

const folder = mkdtempSync(join(tmpdir(), `seneca-fuzz-${name}-`))
const opened = await fuzzer.open(folder)
const end = performance.now() + Number(seconds) * 1_000
const stopWatching = watchLoop()
const weigh = createScales()
for (let n = 0; n < Number(rounds) && performance.now() < end; n++) {
  process.stdout.write(`seed ${Number(seed) + n}\n`)
  try {
    await opened.round(createDice(Number(seed) + n))
    weigh(n)
  } catch (error) {
    fail(error)
  }
}
stopWatching()
process.stdout.write('closing\n')
await opened.close?.()
rmSync(folder, { recursive: true, force: true })
process.exit(0)
