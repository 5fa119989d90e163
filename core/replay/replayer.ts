/**
 * Replays a recorded day into a fresh folder, at the pace of an injected clock: `speed` recorded seconds a clock second,
 * Infinity for at once. States: made → running → ended (all steps applied) or stopped (by `stop`); a replay runs once.
 * The folder is written by one replayer only and stays when it has ended.
 */
import type { Clock } from '../kit/clock.ts'
import { isObject, type Json } from './json.ts'
import { answersOf } from './answers.ts'
import type { Boot } from './boots.ts'
import type { Micros } from './instant.ts'
import { pollTraces } from './poll-traces.ts'
import { unwrap } from './calls.ts'
import { marcusFolder } from './marcus-folder.ts'
import { mcpReplayServer, type McpReplayServer } from './mcp-server.ts'
import { openRecording, type Recording } from './recording.ts'
import type { Step } from './step.ts'
import { timelineOf, type Timeline } from './timeline.ts'

export interface ReplayOptions {
  readonly recording: Recording | string
  /** Where the day is laid out: `logs/`, `data/` and `home/` are made here. */
  readonly folder: string
  readonly clock: Clock
  /** Recorded seconds a clock second; Infinity writes everything at once. */
  readonly speed?: number
  /** The MCP port; 0 (the default) takes a free one, false leaves the endpoint out. */
  readonly port?: number | false
  /** Sees every step once it has been applied. */
  readonly onStep?: (step: Step) => void
  /** Changes the day before it runs (tests make other days of it). */
  readonly change?: (timeline: Timeline) => Timeline
}

export interface Replay {
  readonly timeline: Timeline
  readonly endpoint: string | undefined
  readonly mcp: McpReplayServer | undefined
  /** The recorded instant that is being replayed. */
  now(): Micros
  /** Steps applied and in all. */
  progress(): { readonly applied: number; readonly steps: number }
  /** The pid of the process that stands in for a start of Marcus. */
  pid(boot: Boot): number | undefined
  /** Resolves when the day is over or `signal` aborts. */
  run(signal?: AbortSignal): Promise<void>
  /** Ends the endpoint and the stand-in processes; the files stay. */
  close(): Promise<void>
}

/** So many steps are applied before the event loop gets a turn, at unlimited speed. */
const STEPS_A_TURN = 200

/** Appends to one file that fall due together are one write. */
const coalesce = (steps: readonly Step[]): Step[] => {
  const merged: Step[] = []
  for (const step of steps) {
    const last = merged.at(-1)
    if (step.kind === 'append' && last?.kind === 'append' && last.path === step.path) {
      merged[merged.length - 1] = { ...step, bytes: Buffer.concat([last.bytes, step.bytes]) }
    } else merged.push(step)
  }
  return merged
}

/** Applies what is due, then sleeps until the next step is; the answer is how far it came. */
const play = async (
  steps: readonly Step[],
  pace: { readonly now: () => Micros; readonly speed: number; readonly clock: Clock },
  apply: (step: Step) => Promise<void>,
  progressed: (applied: number) => void,
  signal: AbortSignal,
): Promise<void> => {
  let applied = 0
  let turn = 0
  while (applied < steps.length && !signal.aborted) {
    const until = pace.speed === Infinity ? Infinity : pace.now()
    let to = applied
    while (to < steps.length && steps[to]!.at <= until) to++
    if (to === applied) {
      const wait = (steps[to]!.at - until) / 1_000 / pace.speed
      await pace.clock.sleep(Math.max(wait, 0.1), signal).catch(() => undefined)
      continue
    }
    for (const step of coalesce(steps.slice(applied, to))) {
      if (signal.aborted) return
      await apply(step)
      if (++turn % STEPS_A_TURN === 0) await new Promise<void>((resolve) => void setImmediate(resolve))
    }
    applied = to
    progressed(applied)
  }
}

export const prepareReplay = async (options: ReplayOptions): Promise<Replay> => {
  const { clock, speed = 1 } = options
  const recording = typeof options.recording === 'string' ? openRecording(options.recording) : options.recording
  const recorded = timelineOf(recording)
  const timeline = options.change?.(recorded) ?? recorded
  const answers = answersOf(recording, timeline)
  let current: Boot | undefined
  let applied = 0
  let origin: number | undefined
  let latest = timeline.start

  const now = (): Micros => {
    if (origin === undefined || speed === Infinity) return latest
    return Math.max(timeline.start, Math.floor(timeline.start + (clock.monotonic() - origin) * speed * 1_000))
  }
  const traces = pollTraces()
  const call = (tool: string, args: Json): Json => {
    const at = now()
    const result = answers.answer(tool, args, at, current ?? timeline.boots[0]!)
    const said = unwrap(result)
    for (const step of traces.of(tool, args, isObject(said) ? said : {}, at)) folder.apply(step)
    return result
  }
  const { tools, initialize } = answers
  const mcp = options.port === false ? undefined : await mcpReplayServer({ tools, initialize, call }, options.port)
  const folder = marcusFolder({ path: options.folder, port: mcp?.port })

  const apply = async (step: Step): Promise<void> => {
    folder.apply(step)
    traces.saw(step)
    latest = Math.max(latest, step.at)
    if (step.kind === 'up') {
      current = step.boot
      await mcp?.up()
    } else if (step.kind === 'down') await mcp?.down()
    options.onStep?.(step)
  }

  return {
    timeline,
    endpoint: mcp?.url,
    mcp,
    now,
    progress: () => ({ applied, steps: timeline.steps.length }),
    pid: (boot) => folder.pid(boot),
    run: async (signal = new AbortController().signal) => {
      origin = clock.monotonic()
      await play(timeline.steps, { now, speed, clock }, apply, (count) => (applied = count), signal)
    },
    close: async () => {
      await mcp?.down()
      folder.close()
    },
  }
}
