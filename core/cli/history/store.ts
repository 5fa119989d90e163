/**
 * The event store a verb asks: that of the running collector over its control socket, or, when none runs, the one its
 * configuration names, opened for as long as the verb takes.
 */
import { configOrThrow } from '../../config/index.ts'
import type { CollectorConfig } from '../../config/types.ts'
import { controlClient, dataDirectoryOf } from '../../control/index.ts'
import type { ComponentStatus } from '../../engine/types.ts'
import { CollectorError } from '../../kit/errors.ts'
import { systemClock } from '../../kit/system-clock.ts'
import { createLogger } from '../../telemetry/index.ts'
import { load, type ConfigArguments } from '../load.ts'
import { configOptions, dataDirOption, type Io, type VerbOptions } from '../verb.ts'

export const storeOptions = {
  store: { type: 'string', value: 'id', description: 'one store, when the collector has several' },
  ...configOptions,
  ...dataDirOption,
} as const satisfies VerbOptions

export interface StoreArguments extends ConfigArguments {
  readonly store: string | undefined
  readonly 'data-dir': string | undefined
}

export type Question = Readonly<Record<string, string | undefined>>

export interface Store {
  readonly id: string
  ask(topic: string, question?: Question): Promise<unknown>
}

const TYPE = 'event_store'
const STOP_MS = 10_000

const isStore = (id: string): boolean => id === TYPE || id.startsWith(`${TYPE}/`)

const pick = (ids: readonly string[], wanted: string | undefined, where: string): string => {
  const stores = ids.filter(isStore)
  if (wanted !== undefined && stores.includes(wanted)) return wanted
  if (wanted === undefined && stores.length === 1) return stores[0]!
  if (stores.length === 0)
    throw new CollectorError(
      'not_found',
      `${where} has no event store; add the extension and the exporter 'event_store' (see collector.yaml), then events are kept`,
    )
  const what = wanted === undefined ? 'several event stores' : `no event store '${wanted}'`
  throw new CollectorError('usage', `${where} has ${what}; name one with --store: ${stores.join(', ')}`)
}

const present = (question: Question): Record<string, string> =>
  Object.fromEntries(Object.entries(question).filter((entry): entry is [string, string] => entry[1] !== undefined))

const overSocket = async (args: StoreArguments, io: Io): Promise<Store | undefined> => {
  const client = controlClient(dataDirectoryOf(args['data-dir'], io))
  let components: readonly ComponentStatus[]
  try {
    components = ((await client.get('/status')) as { readonly components: readonly ComponentStatus[] }).components
  } catch (error) {
    if (error instanceof CollectorError && error.code === 'no_collector') return undefined
    throw error
  }
  const ids = components.filter(({ kind }) => kind === 'extension').map(({ id }) => id)
  const id = pick(ids, args.store, 'the running collector')
  const path = `/inspect/extension/${encodeURIComponent(id)}`
  return {
    id,
    ask: (topic, question = {}) => client.get(`${path}/${topic}?${new URLSearchParams(present(question)).toString()}`),
  }
}

/** The configuration with nothing in it but the store. */
const onlyStore = (config: CollectorConfig, id: string): CollectorConfig => ({
  ...config,
  components: new Map([...config.components].filter(([key]) => key === `extension/${id}`)),
  pipelines: [],
  service: { ...config.service, extensions: [id] },
})

const opened = async <T>(args: StoreArguments, io: Io, work: (store: Store) => Promise<T>): Promise<T> => {
  const config = configOrThrow(await load(args, io))
  const id = pick(config.service.extensions, args.store, 'the configuration')
  const { createCollector } = await import('../../engine/index.ts')
  const collector = createCollector(onlyStore(config, id), {
    clock: systemClock,
    random: Math.random,
    log: createLogger({ level: 'warn', encoding: 'console', write: io.err, now: Date.now }),
    dataDirectory: dataDirectoryOf(args['data-dir'], io),
    once: false,
  })
  await collector.start()
  try {
    return await work({
      id,
      ask: async (topic, question = {}) => collector.inspect(`extension/${id}`, topic, present(question)),
    })
  } finally {
    await collector.stop(STOP_MS)
  }
}

export const withStore = async <T>(args: StoreArguments, io: Io, work: (store: Store) => Promise<T>): Promise<T> => {
  const running = await overSocket(args, io)
  return running ? work(running) : opened(args, io, work)
}
