/** Runs a program to its end. */
import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'

export const run = async (
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd' | 'env'>,
): Promise<{ readonly code: number | null; readonly errors: string }> => {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors }
}
