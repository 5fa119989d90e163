/**
 * System programs that some tests need. The set-up installs what is missing where it may (Debian, root); elsewhere the
 * tests that need one skip and say how to get it. In CI a missing program is an error: nothing skips there.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

interface Program {
  readonly command: string
  /** The Debian package that has it. */
  readonly debian: string
  /** Arguments with which it only ends well when all of it is there. */
  readonly proof?: readonly string[]
}

const programs: readonly Program[] = [
  { command: 'nats-server', debian: 'nats-server' },
  { command: 'prometheus-alertmanager', debian: 'prometheus-alertmanager' },
  { command: 'promtool', debian: 'prometheus' },
  { command: 'prometheus', debian: 'prometheus' },
  { command: 'postgres', debian: 'postgresql' },
  { command: 'redis-server', debian: 'redis-server' },
  { command: 'python3', debian: 'python3-venv', proof: ['-c', 'import ensurepip, venv'] },
]

/** Where Debian keeps PostgreSQL: one folder a version, none of them on the path. */
const POSTGRES = '/usr/lib/postgresql'
const postgresFolders = (): string[] =>
  existsSync(POSTGRES) ? readdirSync(POSTGRES).map((version) => join(POSTGRES, version, 'bin')) : []

const folders = (): string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
  '/sbin',
  ...postgresFolders(),
]

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of a program, or undefined. */
export const findProgram = (command: string): string | undefined =>
  folders()
    .map((folder) => join(folder, command))
    .find(isExecutable)

/** Why a test that needs `command` is skipped. */
export const missing = (command: string): string => {
  const program = programs.find((p) => p.command === command)
  return `${command} is not installed; get it with "apt-get install ${program?.debian ?? command}"`
}

const isThere = ({ command, proof }: Program): boolean => {
  const found = findProgram(command)
  return found !== undefined && (proof === undefined || spawnSync(found, proof, { stdio: 'ignore' }).status === 0)
}

const mayInstall = (): boolean => process.getuid?.() === 0 && findProgram('apt-get') !== undefined

/** vitest's global set-up. */
export default (): void => {
  for (const program of programs) {
    if (isThere(program)) continue
    if (mayInstall()) {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
      spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore' })
      spawnSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', program.debian], { env, stdio: 'ignore' })
    }
    if (isThere(program)) continue
    if (process.env['CI']) throw new Error(missing(program.command))
    process.stderr.write(`tests: ${missing(program.command)}; the tests that need it skip\n`)
  }
}
