/** The demo's terminal: the stream of events above, the present below, and what came of it all at the end. */
import type { Collector, PipelineBalance, TapPoint } from '../../engine/types.ts'
import type { Io } from '../verb.ts'
import { eventLine, type ShownEvent } from './event-line.ts'
import { liveScreen } from './live-screen.ts'
import { renderNow, type NowView } from './now-view.ts'
import { paint } from './paint.ts'
import { summary } from './summary.ts'

const RECEIVER = 'receiver/marcus'
const PICTURE_MS = 500
/** Without a terminal the picture is printed each so many times it is taken: every 10 s. */
const PICTURES_A_PRINT = 20
const ROWS_DEFAULT = 24
const COLUMNS_PLAIN = 120
/** What agents ask again and again says little; it is counted, and shown with `--all`. */
const NOISE = /^(agent\.work\.|agent\.status\.updated|project\.status\.updated|marcus\.|mcp\.tool\.)/

export interface DemoScreen {
  note(text: string): void
  /** Waits until nothing has come for a while, at least `ms`. */
  settle(ms: number, signal: AbortSignal): Promise<void>
  end(): void
  summary(balance: readonly PipelineBalance[]): string[]
}

export interface DemoScreenOptions {
  readonly collector: Pick<Collector, 'tap' | 'inspect'>
  readonly io: Io
  readonly all: boolean
}

const eventsOf = ({ batch }: TapPoint): ShownEvent[] =>
  Buffer.concat([...batch.encode('envelope')])
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ShownEvent)

export const demoScreen = ({ collector, io, all }: DemoScreenOptions): DemoScreen => {
  const color = paint(io.color)
  // A terminal that does not know its size says 0; one column stays free, or full lines wrap on some.
  const columns = (): number => (io.terminal && io.columns() > 0 ? io.columns() - 1 : COLUMNS_PLAIN)
  const rows = (): number => process.stdout.rows || ROWS_DEFAULT
  const screen = liveScreen({
    write: (text) => void io.out(text),
    terminal: io.terminal,
    columns,
    rows,
    every: PICTURES_A_PRINT,
  })
  const seen = summary()
  let lastEvent = performance.now()

  const untap = collector.tap((point) => {
    if (!point.at.startsWith('pipeline/')) return
    for (const event of eventsOf(point)) {
      seen.see(event)
      lastEvent = performance.now()
      if (all || !NOISE.test(String(event.type))) screen.line(eventLine(event, { columns: columns(), paint: color }))
    }
  })
  const draw = (): void => {
    const view = collector.inspect(RECEIVER, 'now', {}) as NowView | undefined
    if (view !== undefined) screen.picture(['', ...renderNow(view, { columns: columns(), paint: color })])
  }
  const timer = setInterval(draw, PICTURE_MS)

  return {
    note: (text) => screen.line(`\n${color('bold', text)}`),
    settle: async (ms, signal) => {
      const from = performance.now()
      while (!signal.aborted && performance.now() - Math.max(from, lastEvent) < ms) {
        await new Promise<void>((resolve) => void setTimeout(resolve, Math.min(100, ms)))
      }
      draw()
    },
    end: () => {
      clearInterval(timer)
      untap()
      screen.end()
    },
    summary: (balance) => seen.lines({ columns: columns(), paint: color, balance }),
  }
}
