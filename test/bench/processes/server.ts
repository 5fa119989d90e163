/** A collector under test that listens: started, waited for, asked what it uses, and ended. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuSecondsOf, memoryOf } from './usage.ts'

export interface ServerOptions {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly isReady: () => Promise<boolean>
  readonly folder: string
}

export interface Server {
  /** From its start until `isReady` said so. */
  readonly readyMs: number
  cpuSeconds(): Promise<number>
  peakMiB(): Promise<number>
  residentMiB(): Promise<number>
  stop(signal?: NodeJS.Signals): Promise<void>
}

const READY_MS = 15_000
const POLL_MS = 2
const STOP_MS = 10_000

/** Somebody listens there. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

export const startServer = async ({ command, env, isReady, folder }: ServerOptions): Promise<Server> => {
  const [program, ...args] = command
  const started = performance.now()
  const child = spawn(program!, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-2_000)))
  const exited = once(child, 'exit')
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  while (!(await isReady())) {
    if (hasEnded() || performance.now() - started > READY_MS) {
      child.kill('SIGKILL')
      throw new Error(`${command.join(' ')} did not become ready: ${log}`)
    }
    await pause(POLL_MS)
  }
  const readyMs = performance.now() - started
  const pid = child.pid!
  return {
    readyMs,
    cpuSeconds: () => cpuSecondsOf(pid),
    peakMiB: () => memoryOf(pid, 'VmHWM'),
    residentMiB: () => memoryOf(pid, 'VmRSS'),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await exited
      clearTimeout(late)
    },
  }
}
