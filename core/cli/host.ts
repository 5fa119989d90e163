/**
 * A collector in this process: the engine on a configuration, its control socket, and an orderly end. `run` and `demo`
 * are both this.
 */
import { mkdirSync } from 'node:fs'
import type { Loaded } from '../config/index.ts'
import type { CollectorConfig } from '../config/types.ts'
import { controlHandlers, startControl, type CollectorInfo, type ReloadAnswer } from '../control/index.ts'
import type { Collector, EngineEnvironment, StopReport } from '../engine/types.ts'
import type { Clock } from '../kit/clock.ts'
import type { Logger } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { systemClock } from '../kit/system-clock.ts'
import type { OwnTelemetry } from '../telemetry/own-telemetry.ts'
import { hashOf } from './config-hash.ts'
import type { Reloader } from './reload-config.ts'
import { version } from './version.ts'

export interface HostOptions {
  readonly config: CollectorConfig
  readonly log: Logger
  /** Where the control socket is. */
  readonly dataDirectory: string
  /** Where components keep their state; the data directory when absent. */
  readonly stateDirectory?: string
  readonly once: boolean
  readonly clock?: Clock
  readonly random?: () => number
  /** What `status` calls the configuration. */
  readonly configuration: readonly string[]
  /** How the configuration is read again; absent: it stays what it is. */
  readonly again?: { readonly load: () => Promise<Loaded>; readonly first: Loaded }
}

export interface Host {
  readonly collector: Collector
  /** Resolves when every input has ended and all is delivered (under `once`), or a `stop` over the control socket has ended. */
  readonly ended: Promise<StopReport | undefined>
  /** Something outside a component's care broke the collector. */
  readonly broken: Promise<Error>
  /** Reads the configuration again and goes on with it, when it can. Undefined where it cannot be read again. */
  reload(): Promise<ReloadAnswer | undefined>
  /** Ends all waiting of a stop that is under way. */
  hasten(): void
  stop(deadlineMs?: number): Promise<StopReport>
}

const startEngine = async (
  options: HostOptions,
  { tracing }: OwnTelemetry,
  onFatal: (error: Error) => void,
): Promise<Collector> => {
  const { createCollector } = await import('../engine/index.ts')
  const {
    config,
    log,
    dataDirectory,
    stateDirectory = dataDirectory,
    once,
    clock = systemClock,
    random = Math.random,
  } = options
  const environment: EngineEnvironment = {
    clock,
    random,
    log,
    dataDirectory: stateDirectory,
    once,
    onFatal,
    ...(tracing && { tracing }),
  }
  return createCollector(config, environment)
}

/** The OpenTelemetry SDK is loaded for those who have switched it on. */
const openTelemetry = async ({ config, log }: HostOptions): Promise<OwnTelemetry> => {
  const { openOwnTelemetry } = await import('../telemetry/own-telemetry.ts')
  return openOwnTelemetry(config.service.telemetry, version, log)
}

/** The configuration that runs, and how it is read again. */
const createCurrent = ({ config: first, again, log }: HostOptions, running: () => Collector) => {
  let config = first
  let hash: string | undefined
  let reloader: Reloader | undefined
  return {
    get config() {
      return config
    },
    get hash() {
      return (hash ??= again && hashOf(again.first))
    },
    async reload(plan: boolean): Promise<ReloadAnswer | undefined> {
      if (!again) return undefined
      const collector = running()
      // Loaded with the first reload: a start needs none of it.
      const { createReloader } = await import('./reload-config.ts')
      const accepted = (next: CollectorConfig, of: string): void => {
        config = next
        hash = of
      }
      reloader ??= createReloader({ collector, log, load: again.load, accepted }, hashOf(again.first))
      return reloader.reload({ plan })
    },
  }
}

const infoOf = ({ dataDirectory, configuration, once }: HostOptions): CollectorInfo => ({
  pid: process.pid,
  version,
  started_at: new Date().toISOString(),
  data_directory: dataDirectory,
  configuration,
  once,
})

export const startHost = async (options: HostOptions): Promise<Host> => {
  const { dataDirectory, stateDirectory } = options
  mkdirSync(stateDirectory ?? dataDirectory, { recursive: true, mode: 0o700 })
  const fatal = Promise.withResolvers<Error>()
  const asked = Promise.withResolvers<StopReport>()
  let stopping: Promise<StopReport> | undefined
  let collector: Collector | undefined
  const telemetry = await openTelemetry(options)
  const running = (): Collector => {
    if (collector === undefined)
      throw new CollectorError('unavailable', 'the collector is still starting', { retryable: true })
    return collector
  }
  const current = createCurrent(options, running)
  const stopBoth = async (deadlineMs: number): Promise<StopReport> => {
    const report = await running().stop(deadlineMs)
    await telemetry.close()
    return report
  }
  const stop = (deadlineMs = current.config.service.shutdownTimeoutMs): Promise<StopReport> => {
    stopping ??= stopBoth(deadlineMs)
    return stopping
  }
  const stopForClient = async (): Promise<StopReport> => {
    const report = await stop()
    // The answer goes out before the socket closes.
    setImmediate(() => asked.resolve(report))
    return report
  }
  const control = await startControl(
    dataDirectory,
    controlHandlers({
      collector: running,
      info: infoOf(options),
      stop: stopForClient,
      hash: () => current.hash,
      ...(options.again && { reload: async ({ plan }) => (await current.reload(plan)) as ReloadAnswer }),
    }),
  )
  try {
    collector = await startEngine(options, telemetry, fatal.resolve)
    await telemetry.read(() => running().metrics())
    await collector.start()
  } catch (error) {
    await collector?.stop(0).catch(() => {})
    await telemetry.close()
    await control.close()
    throw error
  }
  const started = collector
  return {
    collector: started,
    ended: Promise.race([started.done.then(() => undefined), asked.promise]),
    broken: fatal.promise,
    reload: () => current.reload(false),
    hasten: () => started.hasten(),
    async stop(deadlineMs) {
      try {
        return await stop(deadlineMs)
      } finally {
        await control.close()
      }
    },
  }
}
