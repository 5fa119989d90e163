/**
 * How components are joined: every reference leads somewhere, to the right kind, with the right signal; connectors join
 * two sides and make no circle; nothing stands unused.
 */
import type { Kind } from '../kit/plugin.ts'
import { sectionOf, typeOf, type Declared } from './components.ts'
import { child, type MapNode } from './node.ts'
import { kindOf, type Pipeline, readPipelines, type Reference, referencesOf, type Role, roles } from './pipelines.ts'
import type { ProblemInit, Problems } from './problems.ts'
import type { Registry } from './registry.ts'
import { didYouMean, listOf, nearest } from './suggest.ts'

export interface Joined {
  readonly pipelines: readonly Pipeline[]
  /** `<kind>/<id>` of what is used. */
  readonly used: ReadonlySet<string>
}

interface Known {
  readonly byId: ReadonlyMap<string, readonly Declared[]>
  readonly declared: readonly Declared[]
  readonly registry: Registry
  /** Ids that stand somewhere wrong, which was told: a reference to them is no second mistake. */
  readonly doubtful: ReadonlySet<string>
}

/** What to do about an id nobody configured. */
const howToConfigure = (id: string, kind: Kind, configured: readonly string[], registry: Registry): string => {
  const section = sectionOf(kind)
  const types = registry.types(kind)
  if (types.includes(typeOf(id))) return didYouMean(id, configured) ?? `add '${id}:' under '${section}'`
  const meant = nearest(id, configured) ?? nearest(typeOf(id), types)
  if (meant !== undefined) {
    return configured.includes(meant)
      ? `did you mean '${meant}'?`
      : `did you mean '${meant}'? Add it under '${section}' too`
  }
  return configured.length > 0 ? `configured ${section} are ${listOf(configured)}` : `${section} are ${listOf(types)}`
}

const an = (kind: Kind): string => (kind === 'exporter' || kind === 'extension' ? `an ${kind}` : `a ${kind}`)

const missing = (
  id: string,
  role: Role,
  pipeline: string,
  known: Known,
): Pick<ProblemInit, 'message' | 'suggestion'> => {
  const other = known.byId.get(id)?.[0]
  const kind = kindOf[role]
  if (other !== undefined) {
    const where = other.kind === 'extension' ? 'service.extensions' : `the ${sectionOf(other.kind)} of the pipeline`
    const suggestion =
      other.kind === 'connector'
        ? 'a connector stands among the exporters of one pipeline and the receivers of another'
        : `name it under ${where}`
    return { message: `'${id}' in the ${role} of pipeline '${pipeline}' is ${an(other.kind)}`, suggestion }
  }
  const candidates = known.declared.filter(
    (one) => one.kind === kind || (one.kind === 'connector' && role !== 'processors'),
  )
  return {
    message: `the pipeline '${pipeline}' names the ${kind} '${id}', which is not configured`,
    suggestion: howToConfigure(
      id,
      kind,
      candidates.map((one) => one.id),
      known.registry,
    ),
  }
}

/** The id, or what it was probably meant to be, stands somewhere wrong. */
const isEcho = (id: string, kind: Kind, known: Known): boolean => {
  if (known.byId.has(id)) return false
  const broken = known.declared.filter((one) => one.kind === kind && one.definition === undefined).map((one) => one.id)
  return known.doubtful.has(id) || nearest(id, broken) !== undefined
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
    if (isEcho(id, kind, known)) return
    problems.add({ ...missing(id, role, pipeline.id, known), span, path })
    return
  }
  used.add(`${component.kind}/${id}`)
  const { definition } = component
  const handled = role === 'receivers' ? (definition?.makes ?? definition?.signals) : definition?.signals
  if (handled === undefined || handled.includes(pipeline.signal)) return
  const does = role === 'receivers' && definition?.makes ? 'makes' : 'handles'
  problems.add({
    message: `the ${component.kind} '${id}' ${does} ${listOf(handled)}, not ${pipeline.signal}`,
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

/** A connector that hands on what it is given needs each signal on both sides. */
const checkPassing = (id: string, from: readonly Pipeline[], to: readonly Pipeline[], problems: Problems): void => {
  const tell = (pipeline: Pipeline, role: 'receivers' | 'exporters', message: string): void =>
    problems.add({
      message: `the connector '${id}' hands on what it is given: ${message}`,
      span: pipeline.references[role].find((reference) => reference.id === id)?.span,
      path: ['service', 'pipelines', pipeline.id, role],
      suggestion: 'both sides of it carry the same signals',
    })
  for (const pipeline of from) {
    const { signal } = pipeline
    if (!to.some((one) => one.signal === signal))
      tell(pipeline, 'exporters', `no ${signal} pipeline takes the ${signal} of '${pipeline.id}'`)
  }
  for (const pipeline of to) {
    const { signal } = pipeline
    if (!from.some((one) => one.signal === signal))
      tell(pipeline, 'receivers', `no ${signal} pipeline gives it ${signal} for '${pipeline.id}'`)
  }
}

const checkConnectors = (pipelines: readonly Pipeline[], known: Known, problems: Problems): void => {
  for (const { id, entry, definition } of known.declared.filter((one) => one.kind === 'connector')) {
    const from = pipelines.filter((pipeline) => pipeline.exporters.includes(id))
    const to = pipelines.filter((pipeline) => pipeline.receivers.includes(id))
    if (from.length > 0 && to.length > 0 && definition && !definition.makes) checkPassing(id, from, to, problems)
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
    else if (!isEcho(id, 'extension', known)) {
      const other = known.byId.get(id)?.[0]
      const message =
        other === undefined
          ? `service.extensions names '${id}', which is not configured`
          : `'${id}' in service.extensions is ${an(other.kind)}`
      const suggestion =
        other === undefined ? howToConfigure(id, 'extension', configured, known.registry) : 'name it in a pipeline'
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

export interface Surroundings {
  readonly registry: Registry
  readonly doubtful: ReadonlySet<string>
}

export const join = (
  service: MapNode | undefined,
  declared: readonly Declared[],
  { registry, doubtful }: Surroundings,
  problems: Problems,
): Joined => {
  const byId = new Map<string, Declared[]>()
  for (const one of declared) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
  const known: Known = { byId, declared, registry, doubtful }
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
  // What a wrong reference meant is not unused, and without a pipeline everything would be.
  const serviceIsWrong = problems.all().some(({ path, severity }) => severity === 'error' && path.startsWith('service'))
  if (pipelines.length > 0 && !serviceIsWrong) warnUnused(known, used, problems)
  return { pipelines, used }
}
