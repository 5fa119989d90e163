/**
 * How components are joined: every reference leads somewhere, to the right kind, with the right signal; connectors join
 * two sides and make no circle; nothing stands unused.
 */
import type { Kind } from '../kit/plugin.ts'
import type { Signal } from '../model/types.ts'
import { sectionOf, typeOf, type Declared } from './components.ts'
import { child, isEmpty, type Entry, type MapNode, type Node } from './node.ts'
import type { Problems } from './problems.ts'
import type { Span } from './source.ts'
import { didYouMean, listOf } from './suggest.ts'
import type { PipelineConfig } from './types.ts'

const signals: readonly Signal[] = ['logs', 'metrics', 'traces']
const roles = ['receivers', 'processors', 'exporters'] as const
type Role = (typeof roles)[number]
const kindOf: Readonly<Record<Role, Kind>> = { receivers: 'receiver', processors: 'processor', exporters: 'exporter' }

interface Reference {
  readonly id: string
  readonly span: Span
}
export interface Pipeline extends PipelineConfig {
  readonly entry: Entry
  readonly references: Readonly<Record<Role, readonly Reference[]>>
}

export interface Joined {
  readonly pipelines: readonly Pipeline[]
  /** `<kind>/<id>` of what is used. */
  readonly used: ReadonlySet<string>
}

const signalOf = (id: string): Signal | undefined => signals.find((signal) => signal === typeOf(id))

const referencesOf = (list: Node | undefined): Reference[] =>
  list?.kind === 'list'
    ? list.items.flatMap((item) =>
        item.kind === 'scalar' && item.value !== null && !item.broken ? [{ id: item.text, span: item.span }] : [],
      )
    : []

const readPipelines = (service: MapNode | undefined, problems: Problems): Pipeline[] => {
  const section = child(service, 'pipelines')
  if (section?.kind !== 'map') return []
  return [...section.entries.values()].flatMap((entry) => {
    const id = entry.key
    const path = ['service', 'pipelines', id]
    const signal = signalOf(id)
    if (signal === undefined || id.endsWith('/') || /\s/.test(id)) {
      const suggestion =
        typeOf(id) === 'profiles'
          ? 'profiles are not supported'
          : (didYouMean(typeOf(id), signals) ?? 'a pipeline is logs, metrics or traces, or logs/name')
      problems.add({ message: `'${id}' is no pipeline id`, span: entry.keySpan, path, suggestion })
      return []
    }
    if (entry.value.kind !== 'map' && !isEmpty(entry.value)) return []
    const references = Object.fromEntries(
      roles.map((role) => [role, referencesOf(child(entry.value, role))]),
    ) as unknown as Pipeline['references']
    for (const role of ['receivers', 'exporters'] as const) {
      const list = child(entry.value, role)
      if (references[role].length > 0 || (list !== undefined && list.kind !== 'list' && !isEmpty(list))) continue
      const hint = role === 'receivers' ? 'where its records come from' : 'where its records go'
      problems.add({
        message: `the pipeline '${id}' has no ${role}`,
        span: child(entry.value, role) === undefined ? entry.keySpan : list?.span,
        path,
        suggestion: `name ${hint}: ${role}: [${role === 'receivers' ? 'file_log' : 'debug'}]`,
      })
    }
    const ids = (role: Role): string[] => references[role].map((reference) => reference.id)
    return [
      {
        id,
        signal,
        entry,
        references,
        receivers: ids('receivers'),
        processors: ids('processors'),
        exporters: ids('exporters'),
      },
    ]
  })
}

interface Known {
  readonly byId: ReadonlyMap<string, readonly Declared[]>
  readonly declared: readonly Declared[]
}

const an = (kind: Kind): string => (kind === 'exporter' || kind === 'extension' ? `an ${kind}` : `a ${kind}`)

const missing = (
  id: string,
  role: Role,
  pipeline: string,
  known: Known,
): { message: string; suggestion: string | undefined } => {
  const others = known.byId.get(id)
  const kind = kindOf[role]
  const other = others?.[0]
  if (other !== undefined) {
    const where = other.kind === 'extension' ? 'service.extensions' : `the ${sectionOf(other.kind)} of the pipeline`
    const sides =
      other.kind === 'connector'
        ? 'a connector stands among the exporters of one pipeline and the receivers of another'
        : `name it under ${where}`
    return { message: `'${id}' in the ${role} of pipeline '${pipeline}' is ${an(other.kind)}`, suggestion: sides }
  }
  const candidates = known.declared
    .filter((one) => one.kind === kind || (one.kind === 'connector' && role !== 'processors'))
    .map((one) => one.id)
  return {
    message: `the pipeline '${pipeline}' names the ${kind} '${id}', which is not configured`,
    suggestion:
      didYouMean(id, candidates) ??
      (candidates.length === 0
        ? `configure it: ${role}: { ${id}: { … } }`
        : `configured ${role} are ${listOf(candidates)}; an entry '${id}:' under '${role}' configures it`),
  }
}

const checkReference = (
  reference: Reference,
  role: Role,
  pipeline: Pipeline,
  known: Known,
  used: Set<string>,
  problems: Problems,
): void => {
  const { id, span } = reference
  const path = ['service', 'pipelines', pipeline.id, role]
  const kind = kindOf[role]
  const candidates = known.byId.get(id) ?? []
  const component =
    candidates.find((one) => one.kind === kind) ??
    (role === 'processors' ? undefined : candidates.find((one) => one.kind === 'connector'))
  if (component === undefined) {
    problems.add({ ...missing(id, role, pipeline.id, known), span, path })
    return
  }
  used.add(`${component.kind}/${id}`)
  const handled = component.definition?.signals
  if (handled === undefined || handled.includes(pipeline.signal)) return
  problems.add({
    message: `the ${component.kind} '${id}' handles ${listOf(handled)}, not ${pipeline.signal}`,
    span,
    path,
    suggestion: `the pipeline '${pipeline.id}' carries ${pipeline.signal}`,
  })
}

const checkTwice = (pipeline: Pipeline, problems: Problems): void => {
  for (const role of roles) {
    const seen = new Set<string>()
    for (const { id, span } of pipeline.references[role]) {
      if (seen.has(id)) {
        const suggestion = role === 'processors' ? `two of a kind need names: ${typeOf(id)}/second` : 'name it once'
        problems.add({
          message: `the pipeline '${pipeline.id}' names '${id}' twice among its ${role}`,
          span,
          path: ['service', 'pipelines', pipeline.id, role],
          suggestion,
        })
      }
      seen.add(id)
    }
  }
}

const checkConnectors = (pipelines: readonly Pipeline[], known: Known, problems: Problems): void => {
  for (const { id, entry } of known.declared.filter((one) => one.kind === 'connector')) {
    const from = pipelines.filter((pipeline) => pipeline.exporters.includes(id))
    const to = pipelines.filter((pipeline) => pipeline.receivers.includes(id))
    if ((from.length === 0) === (to.length === 0)) continue
    const [has, lacks] = from.length === 0 ? ['receivers', 'exporters'] : ['exporters', 'receivers']
    problems.add({
      message: `the connector '${id}' stands among the ${has} of pipeline '${(from[0] ?? to[0])?.id}' but among the ${lacks} of none`,
      span: entry.keySpan,
      path: ['connectors', id],
      suggestion: 'a connector stands among the exporters of one pipeline and the receivers of another',
    })
  }
}

/** Each circle once: connectors lead from the pipelines they export for to those they receive for. */
const checkCircles = (pipelines: readonly Pipeline[], known: Known, problems: Problems): void => {
  const connectors = new Set(known.declared.filter((one) => one.kind === 'connector').map((one) => one.id))
  const state = new Map<string, 'open' | 'done'>()
  const visit = (pipeline: Pipeline, trail: readonly string[]): void => {
    state.set(pipeline.id, 'open')
    for (const reference of pipeline.references.exporters.filter(({ id }) => connectors.has(id))) {
      for (const next of pipelines.filter(({ receivers }) => receivers.includes(reference.id))) {
        const way = [...trail, pipeline.id, reference.id]
        if (state.get(next.id) === 'open') {
          const circle = [...way.slice(way.indexOf(next.id)), next.id]
          problems.add({
            message: `pipelines run in a circle: ${circle.join(' → ')}`,
            span: reference.span,
            path: ['service', 'pipelines', pipeline.id, 'exporters'],
            suggestion: 'records would go round for ever; take one connector out',
          })
        } else if (state.get(next.id) === undefined) visit(next, way)
      }
    }
    state.set(pipeline.id, 'done')
  }
  for (const pipeline of pipelines) if (state.get(pipeline.id) === undefined) visit(pipeline, [])
}

const checkExtensions = (service: MapNode | undefined, known: Known, used: Set<string>, problems: Problems): void => {
  const configured = known.declared.filter((one) => one.kind === 'extension').map((one) => one.id)
  const seen = new Set<string>()
  for (const { id, span } of referencesOf(child(service, 'extensions'))) {
    const path = ['service', 'extensions']
    if (seen.has(id))
      problems.add({ message: `service.extensions names '${id}' twice`, span, path, suggestion: 'name it once' })
    seen.add(id)
    if (configured.includes(id)) used.add(`extension/${id}`)
    else {
      const other = known.byId.get(id)?.[0]
      const message =
        other === undefined
          ? `service.extensions names '${id}', which is not configured`
          : `'${id}' in service.extensions is ${an(other.kind)}`
      const suggestion =
        other === undefined
          ? (didYouMean(id, configured) ?? `add '${id}:' under 'extensions'`)
          : 'name it in a pipeline'
      problems.add({ message, span, path, suggestion })
    }
  }
}

const warnUnused = (known: Known, used: ReadonlySet<string>, problems: Problems): void => {
  for (const { id, kind, entry, definition } of known.declared) {
    // What has no plugin was told already.
    if (used.has(`${kind}/${id}`) || definition === undefined) continue
    const place =
      kind === 'extension' ? 'service.extensions does not name it, so it does not start' : 'no pipeline names it'
    problems.add({
      severity: 'warning',
      message: `the ${kind} '${id}' is not used: ${place}`,
      span: entry.keySpan,
      path: [sectionOf(kind), id],
    })
  }
}

/** A connector named like a receiver or exporter makes every mention of it ambiguous. */
const checkNames = (known: Known, problems: Problems): void => {
  for (const [id, group] of known.byId) {
    const connector = group.find((one) => one.kind === 'connector')
    const other = group.find((one) => one.kind === 'receiver' || one.kind === 'exporter')
    if (connector === undefined || other === undefined) continue
    problems.add({
      message: `'${id}' is both a connector and ${an(other.kind)}`,
      span: connector.entry.keySpan,
      path: ['connectors', id],
      suggestion: `give one of them a name: ${typeOf(id)}/name`,
    })
  }
}

export const join = (service: MapNode | undefined, declared: readonly Declared[], problems: Problems): Joined => {
  const byId = new Map<string, Declared[]>()
  for (const one of declared) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
  const known: Known = { byId, declared }
  const pipelines = readPipelines(service, problems)
  const used = new Set<string>()
  checkNames(known, problems)
  for (const pipeline of pipelines) {
    checkTwice(pipeline, problems)
    for (const role of roles)
      for (const reference of pipeline.references[role])
        checkReference(reference, role, pipeline, known, used, problems)
  }
  checkConnectors(pipelines, known, problems)
  checkCircles(pipelines, known, problems)
  checkExtensions(service, known, used, problems)
  warnUnused(known, used, problems)
  return { pipelines, used }
}
