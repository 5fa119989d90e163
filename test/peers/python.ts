/**
 * The official OpenTelemetry SDK for Python, in an environment of its own in the cache of the peers, made once from
 * `python/requirements.txt`.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../setup/programs.ts'
import { run } from './child.ts'
import { withLock } from './lock.ts'
import { CACHE, type Peer } from './peers.ts'

const REQUIREMENTS = join(import.meta.dirname, 'python/requirements.txt')
/** The oldest that the packages of `requirements.txt` run on is 3.10. */
const WANTED = 'Python 3.10 or newer with venv and pip ("apt-get install python3-venv")'

/** An environment keeps its paths, so it is made where it stays; it counts once its last step has left this file. */
const DONE = 'complete'

const make = async (python: string, folder: string): Promise<Peer> => {
  rmSync(folder, { recursive: true, force: true })
  const program = join(folder, 'bin/python')
  const steps = [
    [python, '-m', 'venv', folder],
    [program, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
  ] as const
  for (const [command, ...args] of steps) {
    const { code, errors } = await run(command, args, {})
    if (code !== 0) return { reason: `the Python SDK needs ${WANTED}; ${errors.trim().slice(-500)}` }
  }
  writeFileSync(join(folder, DONE), '')
  return { program }
}

/** A Python that has the SDK, or why there is none; in CI it throws then. */
export const pythonSdk = async (): Promise<Peer> => {
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8)
  const folder = join(CACHE, `python-sdk-${version}`)
  const ready: Peer = { program: join(folder, 'bin/python') }
  const isThere = (): boolean => existsSync(join(folder, DONE))
  if (isThere()) return ready
  const python = findProgram('python3')
  mkdirSync(CACHE, { recursive: true })
  const result =
    python === undefined
      ? { reason: `the Python SDK needs ${WANTED}` }
      : await withLock(`${folder}.lock`, async () => (isThere() ? ready : make(python, folder)))
  if (result.program === undefined && process.env['CI']) throw new Error(result.reason)
  return result
}
