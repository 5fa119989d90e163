/**
 * A collector as a process of its own, to be killed: on a clock that all its lives share, because it follows the
 * machine's. Started with one argument, the JSON of `ChildOptions`; says `up` when it runs, ends in order on SIGTERM.
 */
import { scaledClock } from '../../core/replay/index.ts'
import { silent, startCollector } from './live.ts'

export interface ChildOptions {
  readonly yaml: string
  readonly dataDirectory: string
  /** What the shared clock showed, in ms, at the machine's `wall`. */
  readonly start: number
  readonly wall: number
  readonly speed: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions
const { yaml, dataDirectory, start, wall, speed } = options
const clock = scaledClock({ start: start + (Date.now() - wall) * speed, speed })
const collector = await startCollector({ yaml, clock, dataDirectory, log: silent })
process.on('SIGTERM', () => void collector.stop(20_000).then(() => process.exit(0)))
process.stdout.write('up\n')
