/**
 * Real NATS servers for tests: Debian's, and the newest release where Go can build it (once, kept in node_modules/.cache).
 * Each server has a folder and a port of its own and ends with the test.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../core/http/free-port.ts'
import { root } from '../architecture/sources.ts'
import { accepts } from './accepts.ts'
import { findProgram } from './programs.ts'
import { waitFor } from './wait-for.ts'

const CACHE = join(root, 'node_modules/.cache/nats-server')
const BUILD_MS = 240_000

/** The newest release, or undefined where it cannot be had. */
const buildNewest = async (): Promise<string | undefined> => {
  const binary = join(CACHE, 'nats-server')
  if (existsSync(binary)) return binary
  const go = findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)
  if (go === undefined) return undefined
  mkdirSync(CACHE, { recursive: true })
  const env = { ...process.env, GOBIN: CACHE, GOFLAGS: '-mod=mod' }
  await promisify(execFile)(go, ['install', 'github.com/nats-io/nats-server/v2@latest'], {
    env,
    timeout: BUILD_MS,
    cwd: tmpdir(),
  }).catch(() => undefined)
  return existsSync(binary) ? binary : undefined
}

/** Debian's, for who needs any: it is there at once. */
export const packagedNatsServer = (): string | undefined => findProgram('nats-server')

/** Path by name, of those that can be had; minutes where one is built. */
export const natsServers = async (): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>()
  const packaged = packagedNatsServer()
  if (packaged !== undefined) found.set('packaged', packaged)
  const newest = await buildNewest()
  if (newest !== undefined) found.set('newest', newest)
  return found
}

export interface NatsServer {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
  /** The same folder and port again. */
  start(): Promise<void>
  remove(): Promise<void>
}

const exited = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve()

/** `config`: further lines of its configuration (authorization, tls …). */
export const startNatsServer = async (binary: string, config = ''): Promise<NatsServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const lines = `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/data" }\n${config}\n`
    writeFileSync(join(folder, 'server.conf'), lines)
    child = spawn(binary, ['-c', join(folder, 'server.conf')], { stdio: 'ignore' })
    await waitFor('the NATS server to listen', () => accepts(port))
  }
  const stop = async (): Promise<void> => {
    child?.kill('SIGKILL')
    if (child !== undefined) await exited(child)
  }
  await start()
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    start,
    stop,
    async remove() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
