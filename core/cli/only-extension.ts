/** One extension of a configuration, started with nothing beside it for as long as a verb takes. */
import { configOrThrow } from '../config/index.ts'
import type { CollectorConfig } from '../config/types.ts'
import { dataDirectoryOf } from '../control/index.ts'
import { systemClock } from '../kit/system-clock.ts'
import { createLogger } from '../telemetry/index.ts'
import { load, type ConfigArguments } from './load.ts'
import type { Io } from './verb.ts'

const STOP_MS = 10_000

export interface ExtensionArguments extends ConfigArguments {
  readonly 'data-dir'?: string | undefined
}

export type Ask = (topic: string, question?: Readonly<Record<string, string>>) => Promise<unknown>

const withNothingElse = (config: CollectorConfig, id: string): CollectorConfig => ({
  ...config,
  components: new Map([...config.components].filter(([key]) => key === `extension/${id}`)),
  pipelines: [],
  service: { ...config.service, extensions: [id] },
})

/** `pick` chooses among those that the service starts; what it answers undefined for is not started. */
export const withOnlyExtension = async <T>(
  args: ExtensionArguments,
  io: Io,
  pick: (ids: readonly string[]) => string | undefined,
  work: (ask: Ask, id: string) => Promise<T>,
): Promise<T | undefined> => {
  const config = configOrThrow(await load(args, io))
  const id = pick(config.service.extensions)
  if (id === undefined) return undefined
  const { createCollector } = await import('../engine/index.ts')
  const collector = createCollector(withNothingElse(config, id), {
    clock: systemClock,
    random: Math.random,
    log: createLogger({ level: 'warn', encoding: 'console', write: io.err, now: Date.now }),
    dataDirectory: dataDirectoryOf(args['data-dir'], io),
    once: false,
  })
  await collector.start()
  try {
    return await work(async (topic, question = {}) => collector.inspect(`extension/${id}`, topic, question), id)
  } finally {
    await collector.stop(STOP_MS)
  }
}
