/** A real Marcus as a process: its source is copied, so that all it writes lies in one folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Notes } from './notes.ts'

export interface MarcusPlace {
  /** A checkout of github.com/lwgray/marcus. */
  readonly source: string
  /** A Python with what Marcus requires (`mcp<2`). */
  readonly python: string
  /** Where everything is written: `src/` (with `logs/` and `data/`), `home/`. */
  readonly folder: string
  readonly model: string
  readonly notes: Notes
  /** Keeps its text log, as `marcus start` does. */
  readonly textLog: boolean
  /** `--multi`, `--http`. */
  readonly args: readonly string[]
}

export type Ports = Readonly<Record<'human' | 'agent' | 'analytics', number>>

export interface MarcusProcess {
  readonly ports: Ports
  readonly args: readonly string[]
  readonly pid: number
  start(): Promise<void>
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const UP_MS = 90_000

/** `20261123_174803` */
const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  return port
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  )

const configOf = (model: string, ports: Ports): string => {
  const at = (port: number): object => ({ port, host: '127.0.0.1', path: '/mcp', enabled: true })
  const { human, agent, analytics } = ports
  return JSON.stringify({
    single_project_mode: false,
    ai: { provider: 'local', local_model: 'canned', local_key: 'none', local_url: model, enabled: true },
    kanban: { provider: 'sqlite', board_name: 'Main Board', sqlite_db_path: './data/kanban.db' },
    features: { events: true, context: true, memory: true, visibility: false },
    transport: { type: 'http', http_host: '127.0.0.1', http_port: human, http_path: '/mcp' },
    multi_endpoint: { human: at(human), agent: at(agent), analytics: at(analytics) },
  })
}

export const prepareMarcus = async (place: MarcusPlace): Promise<MarcusProcess> => {
  const source = join(place.folder, 'src')
  const home = join(place.folder, 'home')
  mkdirSync(home, { recursive: true })
  if (!existsSync(source)) cpSync(place.source, source, { recursive: true })
  const ports: Ports = { human: await freePort(), agent: await freePort(), analytics: await freePort() }
  writeFileSync(join(source, 'config_marcus.json'), configOf(place.model, ports))
  let child: ChildProcess | undefined
  let boot = 0

  return {
    ports,
    args: place.args,
    get pid() {
      return child?.pid ?? 0
    },
    start: async () => {
      // `marcus start` keeps what the process says in a log of its start; run by hand it goes to the terminal.
      mkdirSync(join(source, 'logs'), { recursive: true })
      const log = place.textLog ? join(source, 'logs', `marcus_${stamp()}.log`) : join(place.folder, 'marcus.out')
      const output = openSync(log, 'a')
      const { PATH } = process.env
      child = spawn(place.python, ['-m', 'src.marcus_mcp.server', ...place.args], {
        cwd: source,
        stdio: ['ignore', output, output],
        env: { PATH, HOME: home, MARCUS_TELEMETRY: 'off', DO_NOT_TRACK: '1', MLFLOW_DISABLE_TELEMETRY: 'true' },
      })
      const until = performance.now() + UP_MS
      while (!(await answers(ports.human))) {
        if (child.exitCode !== null || performance.now() > until) throw new Error('Marcus did not come up: see its log')
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      place.notes.truth('marcus_up', { pid: child.pid, boot: ++boot })
    },
    stop: async (signal) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(signal)
      place.notes.truth('marcus_stopped', { how: signal, pid: child.pid })
      await gone
    },
  }
}
