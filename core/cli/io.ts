/** The process as a verb sees it: streams, terminal, signals. */
import { asCalled } from './command-name.ts'
import type { Io } from './verb.ts'

const wantsColor = (env: NodeJS.ProcessEnv, terminal: boolean): boolean => {
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

const COLUMNS_UNKNOWN = 120

export const processIo = (debug: boolean, signals: Pick<Io, 'signal' | 'onHurry'>): Io => {
  const { stdin, stdout, stderr, env } = process
  const terminal = stdout.isTTY
  return {
    ...(stdin.isTTY ? {} : { input: stdin }),
    out: (text) => (stdout.write(text) ? undefined : new Promise<void>((resolve) => stdout.once('drain', resolve))),
    err: (text) => void stderr.write(asCalled(text, env)),
    env,
    cwd: process.cwd(),
    ...signals,
    color: wantsColor(env, terminal),
    terminal,
    columns: () => stdout.columns ?? COLUMNS_UNKNOWN,
    debug,
  }
}
