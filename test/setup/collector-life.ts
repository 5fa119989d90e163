/** The collector as a process: started, measured, killed or asked to end, started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../architecture/sources.ts'

const LAST_WORDS = 4_000

export interface Life {
  readonly alive: boolean
  /** What it wrote to stderr last. */
  words(): string
  /** Resident memory in MiB; undefined when it is gone, or where /proc is not. */
  rss(): number | undefined
  /** Open file descriptors; undefined when it is gone, or where /proc is not. */
  descriptors(): number | undefined
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM as soon as it runs (whoever is asked before just dies); the exit code. */
  end(): Promise<number | null>
}

const gone = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

export const startLife = (folder: string): Life => {
  const child = spawn(process.execPath, [join(root, 'core/main.ts'), 'run'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SENECA_DATA_DIR: join(folder, 'data') },
  })
  let text = ''
  const begun = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-LAST_WORDS)
      if (text.includes('INFO  running')) resolve()
    })
    child.once('exit', () => resolve())
  })
  return {
    get alive() {
      return child.exitCode === null && child.signalCode === null
    },
    words: () => text,
    rss() {
      try {
        const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
        return line ? Number(line[1]) / 1_024 : undefined
      } catch {
        return undefined
      }
    },
    descriptors() {
      try {
        return readdirSync(`/proc/${child.pid}/fd`).length
      } catch {
        return undefined
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await gone(child)
    },
    async end() {
      await begun
      child.kill('SIGTERM')
      await gone(child)
      return child.exitCode
    },
  }
}
