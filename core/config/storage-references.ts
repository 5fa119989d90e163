/** `storage: <id>` leads to an extension that is configured, started, and keeps state; wherever it may be written. */
import { sectionOf, type Declared } from './components.ts'
import { child, type MapNode, type Node } from './node.ts'
import type { Problems } from './problems.ts'
import type { Span } from './source.ts'
import { didYouMean } from './suggest.ts'
import type { ComponentConfig, ServiceConfig } from './types.ts'

interface Extensions {
  readonly extensions: readonly Declared[]
  readonly started: ReadonlySet<string>
}

interface Reference {
  /** Below the section. */
  readonly path: readonly string[]
  readonly id: string | undefined
}

interface Place {
  /** `exporter 'otlp_http'`. */
  readonly owner: string
  readonly base: readonly string[]
  readonly node: Node | undefined
  readonly otherwise: Span
}

const nodeAt = (node: Node | undefined, path: readonly string[]): Node | undefined =>
  path.reduce<Node | undefined>((at, key) => child(at, key), node)

const check = (reference: Reference, place: Place, { extensions, started }: Extensions, problems: Problems): void => {
  const { id, path } = reference
  const extension = extensions.find((one) => one.id === id)
  // An extension whose plugin is missing was told already.
  const stores = extension?.definition === undefined || (extension.definition.provides?.includes('storage') ?? false)
  if (id === undefined || (started.has(`extension/${id}`) && stores)) return
  const ids = extensions.map((one) => one.id)
  const [wrong, advice] =
    extension === undefined
      ? ['is not configured', didYouMean(id, ids) ?? `add '${id}:' under 'extensions' and to service.extensions`]
      : stores
        ? ['is not started', `add '${id}' to service.extensions`]
        : ['keeps no state', 'name a storage extension such as file_storage, or leave the option out']
  problems.add({
    message: `'${path.join('.')}' of ${place.owner} names the extension '${id}', which ${wrong}`,
    span: nodeAt(place.node, path)?.span ?? place.otherwise,
    path: [...place.base, ...path],
    suggestion: advice,
  })
}

export const checkComponentStorage = (
  { id, kind, engine }: ComponentConfig,
  { entry }: Declared,
  extensions: Extensions,
  problems: Problems,
): void => {
  const place: Place = {
    owner: `${kind} '${id}'`,
    base: [sectionOf(kind), id],
    node: entry.value,
    otherwise: entry.keySpan,
  }
  const own = child(entry.value, 'storage') !== undefined
  const references: readonly Reference[] = [
    { path: ['storage'], id: own ? engine.storage : undefined },
    { path: ['sending_queue', 'storage'], id: own ? engine.sendingQueue?.storage?.extension : engine.storage },
    { path: ['dead_letter', 'storage'], id: engine.deadLetter?.storage.extension },
  ]
  for (const reference of references) check(reference, place, extensions, problems)
}

export const checkServiceStorage = (
  { deadLetter }: ServiceConfig,
  node: MapNode | undefined,
  extensions: Extensions,
  problems: Problems,
): void => {
  if (!node || !deadLetter) return
  const place: Place = { owner: 'service', base: ['service'], node, otherwise: node.span }
  check({ path: ['dead_letter', 'storage'], id: deadLetter.storage.extension }, place, extensions, problems)
}
