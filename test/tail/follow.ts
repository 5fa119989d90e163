/** A folder of one's own and a tailer on it, on a clock that stands still: `settle` polls until nothing is left to read. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from 'seneca-collector'
import {
  type Chunk,
  createTailer,
  entriesOf,
  type Tailer,
  type TailOptions,
  type TailProblem,
} from 'seneca-collector/tail'

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tail-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface ManualClock extends Clock {
  advance(ms: number): void
}

/** Timers run when the hand is moved over them. */
export const manualClock = (): ManualClock => {
  let time = 1_000
  let timers: { readonly at: number; readonly fn: () => void }[] = []
  const after = (ms: number, fn: () => void): (() => void) => {
    const timer = { at: time + ms, fn }
    timers.push(timer)
    return () => void (timers = timers.filter((other) => other !== timer))
  }
  return {
    now: () => time,
    nanos: () => BigInt(time) * 1_000_000n,
    monotonic: () => time,
    after,
    every: () => () => undefined,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    advance(ms) {
      time += ms
      const due = timers.filter((timer) => timer.at <= time)
      timers = timers.filter((timer) => timer.at > time)
      for (const timer of due) timer.fn()
    },
  }
}

export interface Followed {
  readonly tailer: Tailer
  readonly clock: ManualClock
  /** Every entry handed on, in order. */
  readonly lines: string[]
  readonly chunks: Chunk[]
  readonly problems: TailProblem[]
  /** Polls until everything present has been read. */
  readonly settle: () => Promise<string[]>
}

export const follow = async (
  options: Partial<TailOptions> & { readonly include: readonly string[] },
): Promise<Followed> => {
  const lines: string[] = []
  const chunks: Chunk[] = []
  const problems: TailProblem[] = []
  const clock = manualClock()
  const tailer = createTailer({
    clock,
    startAt: 'beginning',
    watch: false,
    onChunk: (chunk) => {
      chunks.push(chunk)
      for (const entry of entriesOf(chunk)) lines.push(entry.bytes.toString())
      chunk.ack()
    },
    onProblem: (problem) => void problems.push(problem),
    ...options,
  })
  onTestFinished(() => tailer.stop())
  await tailer.start()
  const settle = async (): Promise<string[]> => {
    for (let quiet = 0, before = -1; quiet < 3;) {
      await tailer.poll()
      await new Promise((resolve) => void setImmediate(resolve))
      clock.advance(10)
      const now = tailer.stats().bytesRead + lines.length
      quiet = now === before && tailer.stats().reading === 0 ? quiet + 1 : 0
      before = now
    }
    return lines
  }
  return { tailer, clock, lines, chunks, problems, settle }
}
