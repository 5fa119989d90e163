/**
 * Runs one program as a whole process and says what it cost: CPU of it and its threads (the shell's `times`), and its
 * peak memory (`VmHWM`, asked for while it runs). Linux only.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { memoryOf } from './usage.ts'

export interface Cost {
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly peakMiB: number
}

export interface Program {
  readonly command: readonly string[]
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Programs that follow a file for ever are stopped when this says that all is written. */
  readonly isDone?: (pid: number) => Promise<boolean>
}

const POLL_MS = 20

/** `1m2.345s` of the shell's `times`. */
const seconds = (text: string): number => {
  const [, minutes, rest] = /(\d+)m([\d.]+)s/.exec(text) ?? []
  return Number(minutes) * 60 + Number(rest)
}

/** Prints the program's process id, waits for it, and prints what children used: the second line of `times`. */
const SHELL = '"$@" >&2 & echo "pid $!"; trap "kill $!" TERM; wait $!; code=$?; wait $! 2>/dev/null; times; exit $code'

export const measure = async (program: Program): Promise<Cost> => {
  const started = performance.now()
  const shell = spawn('sh', ['-c', SHELL, 'sh', ...program.command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...program.env },
  })
  let out = ''
  let errors = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  shell.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2_000)))
  const closed = once(shell, 'close') as Promise<[number | null]>
  let peakMiB = 0
  let wall = 0
  while (shell.exitCode === null && shell.signalCode === null) {
    const pid = Number(/^pid (\d+)$/m.exec(out)?.[1] ?? 0)
    if (pid) peakMiB = Math.max(peakMiB, await memoryOf(pid, 'VmHWM'))
    if (pid && wall === 0 && (await program.isDone?.(pid))) {
      wall = performance.now() - started
      shell.kill('SIGTERM')
    }
    await pause(POLL_MS)
  }
  const [code] = await closed
  if (code !== 0 && wall === 0) throw new Error(`${program.command.join(' ')} ended with ${code}: ${errors}`)
  const [user = '', system = ''] = out.trim().split('\n').at(-1)?.split(/\s+/) ?? []
  return {
    cpuSeconds: seconds(user) + seconds(system),
    wallSeconds: (wall || performance.now() - started) / 1_000,
    peakMiB,
  }
}
