/** A real OpenTelemetry Collector for tests, with a configuration and a folder of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '../setup/wait-for.ts'

export interface RunningOtelcol {
  readonly pid: number
  /** What it has logged so far. */
  log(): string
  /** Ends it as an operator does (SIGTERM: it flushes), or with another signal. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts `program` (of `peer('otelcol')`) and resolves when all its components run. `config` is its YAML; leave its own
 * metrics off (`service: { telemetry: { metrics: { level: none } } }`), else they take port 8888.
 */
export const startOtelcol = async (program: string, config: string): Promise<RunningOtelcol> => {
  const folder = mkdtempSync(join(tmpdir(), 'otelcol-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, config)
  const child = spawn(program, ['--config', file], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more))
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal)
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitFor('otelcol to be ready', () => {
      if (child.exitCode !== null) throw new Error(`otelcol ended with ${child.exitCode}: ${text.slice(-2_000)}`)
      return text.includes('Everything is ready')
    })
  } catch (error) {
    await stop('SIGKILL')
    throw error
  }
  return { pid: child.pid!, log: () => text, stop }
}
