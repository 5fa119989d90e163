/**
 * The event store a verb asks: that of the running collector over its control socket, or, when none runs, the one its
 * configuration names, opened for as long as the verb takes.
 */
import { controlClient, dataDirectoryOf } from '../../control/index.ts'
import type { ComponentStatus } from '../../engine/types.ts'
import { CollectorError } from '../../kit/errors.ts'
import type { ConfigArguments } from '../load.ts'
import { withOnlyExtension } from '../only-extension.ts'
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

const opened = async <T>(args: StoreArguments, io: Io, work: (store: Store) => Promise<T>): Promise<T> => {
  const choose = (ids: readonly string[]): string => pick(ids, args.store, 'the configuration')
  const done = await withOnlyExtension(args, io, choose, async (ask, id) => ({
    answer: await work({ id, ask: (topic, question = {}) => ask(topic, present(question)) }),
  }))
  return done!.answer
}

export const withStore = async <T>(args: StoreArguments, io: Io, work: (store: Store) => Promise<T>): Promise<T> => {
  const running = await overSocket(args, io)
  return running ? work(running) : opened(args, io, work)
}
