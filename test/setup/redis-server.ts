/** A real Redis for tests, with its journal on, in a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../core/http/free-port.ts'
import { accepts } from './accepts.ts'
import { waitFor } from './wait-for.ts'

export interface RedisServer {
  readonly url: string
  /** Kills it, and starts it again with what it has on disk. */
  restart(): Promise<void>
  remove(): Promise<void>
}

export const startRedis = async (binary: string): Promise<RedisServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const port = await freePort()
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(
      binary,
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
      { stdio: 'ignore' },
    )
    await waitFor('Redis to answer', () => accepts(port))
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  let running = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart() {
      await end(running)
      running = await start()
    },
    async remove() {
      await end(running)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
