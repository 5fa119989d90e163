/**
 * From arguments to an exit code. The first SIGINT or SIGTERM asks the verb to end. A second one hastens a verb that has
 * something to write before it ends, and ends the others at once; a third always does.
 * What goes wrong is a sentence on the standard error; a stack trace only with `--debug`.
 */
import { CollectorError, type ErrorCode } from '../kit/errors.ts'
import { asCalled } from './command-name.ts'
import { exitCode, type ExitName } from './exit-codes.ts'
import { processIo } from './io.ts'
import { parse } from './parse.ts'
import { version } from './version.ts'

const exitNames: Partial<Record<ErrorCode, ExitName>> = {
  config_invalid: 'config',
  usage: 'usage',
  no_collector: 'unreachable',
}

const exitFor = (error: CollectorError): number => exitCode(exitNames[error.code] ?? 'failed')

const tell = (error: CollectorError, debug: boolean): void => {
  // A configuration report stands for itself: editors and people click on its positions.
  const prefix = error.code === 'config_invalid' ? '' : 'seneca-collector: '
  process.stderr.write(asCalled(`${prefix}${error.message}\n`, process.env))
  if (!debug) return
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`${cause.stack ?? cause.message}\n`)
}

interface Signals {
  readonly signal: AbortSignal
  readonly onHurry: (fn: () => void) => void
}

const watchSignals = (): Signals => {
  const ending = new AbortController()
  let hurry: (() => void) | undefined
  const onSignal = (name: NodeJS.Signals): void => {
    if (ending.signal.aborted && hurry) {
      hurry()
      hurry = undefined
    } else if (ending.signal.aborted) {
      process.stderr.write(`seneca-collector: ${name} again; ending at once\n`)
      process.exit(exitCode('interrupted'))
    } else ending.abort(new CollectorError('cancelled', `${name} received`))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { signal: ending.signal, onHurry: (fn) => void (hurry = fn) }
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()))

export const main = async (argv: readonly string[]): Promise<never> => {
  let debug = argv.includes('--debug')
  let code: number
  // `seneca-collector tap | head -1`: the reader has what it wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : exitCode('failed')),
  )
  try {
    const parsed = await parse(argv, version)
    if ('text' in parsed) {
      process.stdout.write(asCalled(parsed.text, process.env))
      code = exitCode('ok')
    } else {
      debug ||= parsed.debug
      code = await parsed.verb.run(parsed.args, processIo(debug, watchSignals()))
    }
  } catch (thrown) {
    const error = CollectorError.from(thrown)
    // Not ours: a mistake in the program, where a sentence alone would hide the place.
    tell(error, debug || (error.cause === thrown && (thrown instanceof TypeError || thrown instanceof ReferenceError)))
    code = exitFor(error)
  }
  await flushed(process.stdout)
  process.exit(code)
}
