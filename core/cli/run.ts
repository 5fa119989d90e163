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
  readonly 'data-dir': string | undefined
}

const logOf = (loaded: Loaded, io: Io): Logger => {
  const { logLevel, logEncoding } = configOrThrow(loaded).service.telemetry
  return createLogger({ level: io.debug ? 'debug' : logLevel, encoding: logEncoding, write: io.err, now: Date.now })
}

const start = async (
  loaded: Loaded,
  options: RunOptions,
  io: Io,
): Promise<{ readonly host: Host; readonly log: Logger }> => {
  const log = logOf(loaded, io)
  const host = await startHost({
    config: configOrThrow(loaded),
    log,
    dataDirectory: dataDirectoryOf(options['data-dir'], io),
    once: options.once,
    configuration: configFiles(options, io),
  })
  return { host, log }
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
  | { readonly why: 'asked' | 'hangup' }
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
      once(process, 'SIGHUP', { signal }).then(() => ({ why: 'hangup' })),
    ])
  } finally {
    settled.abort()
  }
}

/** SIGHUP: the new configuration takes over when it is valid; otherwise the old one goes on and the mistakes are told. */
const reload = async (options: RunOptions, io: Io, log: Logger): Promise<Loaded | undefined> => {
  const loaded = await load(options, io)
  if (loaded.config !== undefined) return loaded
  io.err(`${renderProblems(loaded.problems)}\n`)
  log.error('the new configuration is invalid; the collector goes on with the old one')
  return undefined
}

export const verb = defineVerb({
  name: 'run',
  summary: 'Run the collector with collector.yaml, or with the files given.',
  options: {
    ...configOptions,
    ...dataDirOption,
    once: { type: 'boolean', description: 'read what is there, deliver it, and end' },
  },
  examples: [
    ['run', 'with collector.yaml here'],
    ['run -c collector.yaml --set exporters.file.path=out.jsonl', 'with one value overridden'],
    ['run --once', 'ends when every input has ended and everything is delivered'],
  ],
  async run({ options }, io) {
    letBytesDieYoung()
    let loaded = await load(options, io)
    if (loaded.problems.length > 0 && loaded.config !== undefined) io.err(`${renderProblems(loaded.problems)}\n\n`)
    let { host, log } = await start(loaded, options, io)
    log.info(`running ${configFiles(options, io).join(' + ')}`, {
      pipelines: configOrThrow(loaded).pipelines.length,
      data: dataDirectoryOf(options['data-dir'], io),
    })
    for (;;) {
      const wake = await wait(host, io)
      if (wake.why === 'broken') {
        log.error('the collector broke', { reason: wake.error.message })
        await host.stop()
        throw wake.error
      }
      if (wake.why !== 'hangup') {
        if (wake.why === 'asked') log.info('stopping; a second signal ends at once')
        return finish(await host.stop(), log, options.once)
      }
      const next = await reload(options, io, log)
      if (next === undefined) continue
      finish(await host.stop(), log, false)
      loaded = next
      ;({ host, log } = await start(loaded, options, io))
      log.info('the new configuration runs')
    }
  },
})
