/** For tests: a verb in this process, as the command line calls it in a folder. */
import { parse } from '../parse.ts'
import type { Io } from '../verb.ts'
import { version } from '../version.ts'

export interface Called {
  readonly code: number
  readonly out: string
  readonly err: string
}

export const callVerb = async (cwd: string, args: readonly string[]): Promise<Called> => {
  const written = { out: '', err: '' }
  const io: Io = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    env: {},
    cwd,
    signal: new AbortController().signal,
    color: false,
    terminal: false,
    columns: () => 0,
    debug: false,
  }
  const parsed = await parse([...args], version)
  if (!('verb' in parsed)) throw new Error(`no verb: ${parsed.text}`)
  return { code: await parsed.verb.run(parsed.args, io), ...written }
}
