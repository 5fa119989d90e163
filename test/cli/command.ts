/** The command line as a person calls it: a process of its own in a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const main = join(import.meta.dirname, '..', '..', 'core', 'main.ts')

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Started {
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  out(): string
  err(): string
}

/** Outside of any package, so that nothing of the checkout is found by accident. */
export const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seneca-cli-')))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export const start = (folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started => {
  const { NODE_OPTIONS: _options, ...surroundings } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...surroundings, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  return { process: child, finished, out: () => out, err: () => err }
}

export const run = (
  folder: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Finished> => start(folder, args, env).finished
