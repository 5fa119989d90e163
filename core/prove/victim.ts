/** The collector under proof: a real process that is killed, stopped and started again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

export interface Victim {
  readonly running: boolean
  start(): Promise<void>
  kill(): Promise<void>
  /** SIGTERM, and its exit code. */
  end(): Promise<number | null>
  freeze(ms: number): Promise<void>
  reload(): void
  /** Bytes of a frame that was never finished, at the end of the newest segment: what a crash may leave behind. */
  tear(random: Random): void
  readonly starts: number
}

const READY_MS = 30_000
const POLL_MS = 50
const GARBAGE_MAX = 200

export interface Ports {
  readonly in: number
  readonly out: number
}

/** What runs, and how it is told what to do. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly configuration: (ports: Ports) => string
}

const main = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`)

const seneca = (queue: string): Program => ({
  command: process.execPath,
  args: [main, 'run'],
  configuration: (ports) => `receivers:
  otlp: { protocols: { http: { endpoint: '127.0.0.1:${ports.in}' } } }
extensions:
  file_storage: { directory: ./storage, create_directory: true }
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${ports.out}
    compression: none
    timeout: 2s
    sending_queue: { ${queue}queue_size: 1000000, sizer: items }
    retry_on_failure: { initial_interval: 100ms, max_interval: 1s, max_elapsed_time: 0s }
    dead_letter: { storage: file_storage }
service:
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [otlp], exporters: [otlp_http] }
`,
})

/** This collector with its queue on disk. */
export const onDisk: Program = seneca('storage: file_storage, ')
/** The same with the queue in memory: what it acks does not survive a kill, and the proof has to find that out. */
export const inMemory: Program = seneca('')

/** An OpenTelemetry Collector with a persistent queue; a batch processor in front of it is what most people run. */
export const otelcol = (command: string, withBatch: boolean): Program => ({
  command,
  args: ['--config', 'collector.yaml'],
  configuration: (ports) => `receivers:
  otlp: { protocols: { http: { endpoint: '127.0.0.1:${ports.in}' } } }
processors:
  batch: {}
extensions:
  file_storage: { directory: ./storage, create_directory: true }
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${ports.out}
    compression: none
    timeout: 2s
    sending_queue: { storage: file_storage, queue_size: 1000000 }
    retry_on_failure: { initial_interval: 100ms, max_interval: 1s, max_elapsed_time: 0s }
service:
  telemetry: { metrics: { level: none } }
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [otlp], ${withBatch ? 'processors: [batch], ' : ''}exporters: [otlp_http] }
`,
})

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** The segment written last, wherever the storage keeps it. */
const newestSegment = (folder: string): string | undefined => {
  if (!existsSync(folder)) return undefined
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log') && name.includes('queue'))
    .map((name) => join(folder, name))
    .toSorted()
    .at(-1)
}

export const createVictim = (folder: string, program: Program, ports: Ports): Victim => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'collector.yaml'), program.configuration(ports))
  const log = openSync(join(folder, 'collector.log'), 'a')
  let child: ChildProcess | undefined
  let starts = 0
  const gone = async (signal: NodeJS.Signals): Promise<number | null> => {
    const dying = child
    child = undefined
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return null
    const exit = once(dying, 'exit')
    dying.kill(signal)
    const [code] = (await exit) as [number | null]
    return code
  }
  return {
    get running() {
      return child !== undefined
    },
    get starts() {
      return starts
    },
    async start() {
      if (child) return
      child = spawn(program.command, program.args, { cwd: folder, stdio: ['ignore', log, log] })
      starts++
      const until = performance.now() + READY_MS
      while (!(await accepts(ports.in))) {
        if (child.exitCode !== null || child.signalCode !== null || performance.now() > until)
          throw new Error(`the collector did not come up; see ${join(folder, 'collector.log')}`)
        await sleep(POLL_MS)
      }
    },
    kill: async () => void (await gone('SIGKILL')),
    end: () => gone('SIGTERM'),
    async freeze(ms) {
      const frozen = child
      frozen?.kill('SIGSTOP')
      await sleep(ms)
      frozen?.kill('SIGCONT')
    },
    reload: () => void child?.kill('SIGHUP'),
    tear(random) {
      const segment = child ? undefined : newestSegment(join(folder, 'storage'))
      if (segment === undefined) return
      const bytes = Buffer.from(Array.from({ length: random.between(1, GARBAGE_MAX) }, () => random.between(0, 255)))
      appendFileSync(segment, bytes)
    },
  }
}
