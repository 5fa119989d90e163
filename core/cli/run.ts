import { once } from 'node:events'
import { configOrThrow, renderProblems, type Loaded } from '../config/index.ts'
import { dataDirectoryOf } from '../control/index.ts'
import type { StopReport } from '../engine/types.ts'
import type { Logger } from '../kit/context.ts'
import { createLogger } from '../telemetry/index.ts'
import { exitCode } from './exit-codes.ts'
import { letBytesDieYoung } from './heap.ts'
import { type Host, startHost } from './host.ts'
import { type ConfigArguments, configFiles, load } from './load.ts'
import { configOptions, dataDirOption, defineVerb, type Io } from './verb.ts'

interface RunOptions extends ConfigArguments {
  readonly once: boolean
  readonly watch: boolean
  readonly 'data-dir': string | undefined
}

const logOf = (loaded: Loaded, io: Io): Logger => {
  const { logLevel, logEncoding } = configOrThrow(loaded).service.telemetry
  return createLogger({ level: io.debug ? 'debug' : logLevel, encoding: logEncoding, write: io.err, now: Date.now })
}

interface Running {
  readonly host: Host
  readonly log: Logger
  /** Ends what asks for reloads. */
  readonly leave: () => void
}

/** Sets what a SIGHUP does from now on; one that has come already does it at once. */
type OnHangUp = (fn: () => void) => void

/** Heard from the beginning of a run to its end: a SIGHUP that nobody hears ends the process, with all it has in memory. */
const hearHangUps = (): OnHangUp => {
  let does: (() => void) | undefined
  let hasCome = false
  process.on('SIGHUP', () => {
    hasCome = true
    does?.()
  })
  return (fn) => {
    does = fn
    if (hasCome) fn()
  }
}

/** SIGHUP and changed files ask for a reload; what came of it is in the log. */
const listen = async (
  { host, log }: Omit<Running, 'leave'>,
  options: RunOptions,
  io: Io,
  { onHangUp, files }: { readonly onHangUp: OnHangUp; readonly files: () => readonly string[] },
): Promise<() => void> => {
  let isLeaving = false
  const reload = (): void => {
    if (isLeaving) return
    host.reload().then(
      (answer) => {
        if (answer?.problems !== undefined) io.err(`${answer.problems}\n\n`)
      },
      (error: unknown) => log.error('the configuration could not be reloaded', { reason: String(error) }),
    )
  }
  onHangUp(reload)
  const { watchFiles } = await import('./watch-files.ts')
  const unwatch = options.watch ? watchFiles(files, reload) : () => {}
  return () => {
    isLeaving = true
    unwatch()
  }
}

const start = async (first: Loaded, options: RunOptions, io: Io, onHangUp: OnHangUp): Promise<Running> => {
  const log = logOf(first, io)
  let files = first.files
  const again = async (): Promise<Loaded> => {
    const loaded = await load(options, io)
    // Files of a configuration that could not be read stay watched.
    files = loaded.config ? loaded.files : [...new Set([...files, ...loaded.files])]
    return loaded
  }
  const host = await startHost({
    config: configOrThrow(first),
    log,
    dataDirectory: dataDirectoryOf(options['data-dir'], io),
    once: options.once,
    configuration: configFiles(options, io),
    again: { first, load: again },
  })
  return { host, log, leave: await listen({ host, log }, options, io, { onHangUp, files: () => files }) }
}

/** What is left at the deadline is said by name, and is an exit code of its own. */
const finish = ({ drained, left, stored }: StopReport, log: Logger, once: boolean): number => {
  const waiting = Object.keys(stored).length > 0
  if (waiting) log.warn('records stay on disk and go out with the next start', stored)
  // Under --once the promise was that everything is delivered.
  if (drained) return exitCode(once && waiting ? 'incomplete' : 'ok')
  const what = Object.entries(left).filter(([, records]) => records > 0)
  log.error('the shutdown deadline passed before everything was delivered', Object.fromEntries(what))
  return exitCode('incomplete')
}

type Wake =
  | { readonly why: 'asked' }
  | { readonly why: 'ended'; readonly report: StopReport | undefined }
  | { readonly why: 'broken'; readonly error: Error }

const wait = async (host: Host, io: Io): Promise<Wake> => {
  const settled = new AbortController()
  const { signal } = settled
  try {
    return await Promise.race<Wake>([
      host.ended.then((report) => ({ why: 'ended', report })),
      host.broken.then((error) => ({ why: 'broken', error })),
      io.signal.aborted ? { why: 'asked' } : once(io.signal, 'abort', { signal }).then(() => ({ why: 'asked' })),
    ])
  } finally {
    settled.abort()
  }
}

export const verb = defineVerb({
  name: 'run',
  summary: 'Run the collector with collector.yaml, or with the files given.',
  options: {
    ...configOptions,
    ...dataDirOption,
    once: { type: 'boolean', description: 'read what is there, deliver it, and end' },
    watch: { type: 'boolean', description: 'reload when a file of the configuration changes, as SIGHUP does' },
  },
  examples: [
    ['run', 'with collector.yaml here'],
    ['run -c collector.yaml --set exporters.file.path=out.jsonl', 'with one value overridden'],
    ['run --once', 'ends when every input has ended and everything is delivered'],
  ],
  async run({ options }, io) {
    letBytesDieYoung()
    const onHangUp = hearHangUps()
    const loaded = await load(options, io)
    if (loaded.problems.length > 0 && loaded.config !== undefined) io.err(`${renderProblems(loaded.problems)}\n\n`)
    const { host, log, leave } = await start(loaded, options, io, onHangUp)
    log.info(`running ${configFiles(options, io).join(' + ')}`, {
      pipelines: configOrThrow(loaded).pipelines.length,
      data: dataDirectoryOf(options['data-dir'], io),
    })
    const wake = await wait(host, io)
    leave()
    if (wake.why === 'broken') {
      log.error('the collector broke', { reason: wake.error.message })
      await host.stop()
      throw wake.error
    }
    if (wake.why === 'asked') log.info('stopping; a second signal ends all waiting, a third ends at once')
    io.onHurry?.(() => {
      log.warn('ending all waiting; what must be written is written')
      host.hasten()
    })
    return finish(await host.stop(), log, options.once)
  },
})
