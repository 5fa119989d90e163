/** The logs on disk that `buffer` and `dlq` speak of: those of a running collector, and those that lie in its folders. */
import { controlClient, dataDirectoryOf } from '../control/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { listStores, storageRoots, type LogKind, type StoreFolder } from '../storage/index.ts'
import { dataDirOption, type Io, type VerbOptions } from './verb.ts'

export const siteOptions = {
  ...dataDirOption,
  storage: {
    type: 'strings',
    value: 'folder',
    description: 'look into this storage folder too (those the collector has used are known)',
  },
} as const satisfies VerbOptions

export interface SiteArguments {
  readonly 'data-dir': string | undefined
  readonly storage: readonly string[]
}

export interface Site {
  readonly stores: readonly StoreFolder[]
  /** Folders that a running collector has open. */
  readonly open: ReadonlySet<string>
  /** A running collector; undefined when there is none. */
  readonly client: ReturnType<typeof controlClient> | undefined
}

const openFolders = async (client: ReturnType<typeof controlClient>): Promise<readonly string[] | undefined> => {
  try {
    return ((await client.get('/stores')) as readonly { readonly folder: string }[]).map(({ folder }) => folder)
  } catch (error) {
    if (error instanceof CollectorError && error.code === 'no_collector') return undefined
    throw error
  }
}

export const siteOf = async (options: SiteArguments, io: Io): Promise<Site> => {
  const directory = dataDirectoryOf(options['data-dir'], io)
  const client = controlClient(directory)
  const open = await openFolders(client)
  return {
    stores: listStores([...new Set([...storageRoots(directory), ...options.storage])]),
    open: new Set(open),
    client: open && client,
  }
}

/** `exporter/otlp_http`, or `otlp_http` where it is plain; throws with the names there are. */
export const findStores = (site: Site, kind: LogKind, name: string | undefined): readonly StoreFolder[] => {
  const all = site.stores.filter((store) => store.kind === kind)
  if (name === undefined) return all
  const found = all.filter(({ component }) => component === name || component === `exporter/${name}`)
  if (found.length > 0) return found
  const names = all.map(({ component }) => component)
  const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
  throw new CollectorError('usage', `there are no ${kind.replace('_', ' ')} of '${name}'; ${there}`)
}

export const onlyStore = (site: Site, kind: LogKind, name: string | undefined, what: string): StoreFolder => {
  const found = findStores(site, kind, name)
  const [first] = found
  if (first && found.length === 1) return first
  throw new CollectorError(
    'usage',
    `${what} needs the name of one; there are ${found.map((one) => one.component).join(', ') || 'none'}`,
  )
}
