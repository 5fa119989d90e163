/**
 * The whole way from `--config` to what the engine runs. `validate`, `run` and all other verbs take exactly this way, so
 * what one refuses the other refuses. Never throws for mistakes of a person: they are in `problems`, all of them, and
 * `config` is undefined when one of them is an error.
 */
import { completeOptions } from '../kit/options.ts'
import type { Kind } from '../kit/plugin.ts'
import { CollectorError } from '../kit/errors.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { checkExclusive } from './exclusive.ts'
import { checkNode } from './check.ts'
import { configure, declare, sectionOf, type Declared } from './components.ts'
import { child, describe, emptyMap, isEmpty, type MapNode, type Node } from './node.ts'
import { ConfigError, problems as gather, type Problem, type Problems } from './problems.ts'
import { readConfiguration } from './read.ts'
import type { Pipeline } from './pipelines.ts'
import { join, type Joined } from './references.ts'
import { refusedOption } from './refused.ts'
import { createRegistry, kinds, type Registry } from './registry.ts'
import { serviceConfig, serviceSchema } from './service.ts'
import { span } from './source.ts'
import { checkComponentStorage, checkServiceStorage } from './storage-references.ts'
import { didYouMean, listOf } from './suggest.ts'
import type { CollectorConfig, ComponentConfig, PipelineConfig } from './types.ts'

export interface LoadOptions {
  /** Files, or `env:X`, `yaml:TEXT`, `file:PATH`, `-`; merged in order. */
  readonly files: readonly string[]
  readonly set?: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly allowUnset?: boolean
  /** Loads what `plugins:` names; the answer is one definition or several. */
  readonly loadPlugin: (reference: string, folder: string) => Promise<unknown>
  /** Instead of the table of built-ins. */
  readonly registry?: Registry
}

export interface Loaded {
  readonly config: CollectorConfig | undefined
  readonly problems: readonly Problem[]
  /** The merged, substituted tree; undefined when a file could not be read. */
  readonly root: MapNode | undefined
  readonly declared: readonly Declared[]
  readonly registry: Registry
  /** Absolute paths of all files read. */
  readonly files: readonly string[]
}

const sections = ['receivers', 'processors', 'connectors', 'exporters', 'extensions', 'service', 'plugins', 'include']

const checkTop = (root: MapNode, problems: Problems): void => {
  for (const { key, keySpan } of root.entries.values()) {
    // `x-…` holds anchors and notes, as in other YAML formats.
    if (sections.includes(key) || key.startsWith('x-')) continue
    const kind = kinds.find((one) => key === one)
    const inService = Object.hasOwn(serviceSchema.properties, key)
    problems.add({
      message: `a configuration has no section '${key}'`,
      span: keySpan,
      path: [key],
      suggestion: inService
        ? `'${key}' stands under 'service'`
        : kind === undefined
          ? (didYouMean(key, sections) ?? `its sections are ${listOf(sections)}`)
          : `did you mean '${kind}s'?`,
    })
  }
}

const componentSection = (root: MapNode, kind: Kind, problems: Problems): MapNode | undefined => {
  const name = sectionOf(kind)
  const node = child(root, name)
  if (node === undefined || isEmpty(node) || (node.kind === 'scalar' && node.broken)) return undefined
  if (node.kind === 'map') return node
  problems.add({
    message: `'${name}' must be a map of components, got ${describe(node)}`,
    span: node.kind === 'list' ? (root.entries.get(name)?.keySpan ?? node.span) : node.span,
    path: [name],
    suggestion:
      node.kind === 'list'
        ? "write 'type:' with its options below it, not '- type'"
        : `write '${name}:' with 'type:' below it`,
  })
  return undefined
}

const scalarsOf = (node: Node): string[] => {
  if (node.kind === 'scalar') return node.value === null ? [] : [node.text]
  return node.kind === 'list' ? node.items.flatMap(scalarsOf) : [...node.entries.keys()]
}

/** Ids in places that were told to be wrong: sections that are no maps, misspelt sections, keys that are no ids. */
const doubtfulIds = (root: MapNode, declared: readonly Declared[]): ReadonlySet<string> => {
  const good = new Set(declared.map(({ kind, id }) => `${sectionOf(kind)}/${id}`))
  const ids = [...root.entries].flatMap(([section, { value }]) =>
    ['service', 'plugins', 'include'].includes(section) || section.startsWith('x-')
      ? []
      : scalarsOf(value).filter((id) => !good.has(`${section}/${id}`)),
  )
  return new Set(ids)
}

const pluginsSchema: JsonSchema = { type: 'array', items: { type: 'string', minLength: 1 } }

const loadPlugins = async (
  root: MapNode,
  folder: string,
  registry: Registry,
  options: LoadOptions,
  problems: Problems,
): Promise<void> => {
  const entry = root.entries.get('plugins')
  if (entry === undefined || isEmpty(entry.value)) return
  const values = checkNode(
    entry.value,
    pluginsSchema,
    [],
    { problems, subject: "'plugins'", base: ['plugins'] },
    entry.keySpan,
  )
  if (!Array.isArray(values) || entry.value.kind !== 'list') return
  for (const [index, item] of entry.value.items.entries()) {
    const reference: unknown = values[index]
    if (typeof reference !== 'string') continue
    try {
      const loaded = await options.loadPlugin(reference, folder)
      for (const definition of Array.isArray(loaded) ? (loaded as unknown[]) : [loaded]) {
        const wrong = registry.add(definition, reference)
        if (wrong !== undefined)
          problems.add({
            message: `the plugin '${reference}' cannot be used: ${wrong}`,
            span: item.span,
            path: ['plugins', index],
          })
      }
    } catch (error) {
      const { message } = CollectorError.from(error)
      problems.add({
        message: `the plugin '${reference}' cannot be loaded: ${message}`,
        span: item.span,
        path: ['plugins', index],
      })
    }
  }
}

const checkService = (
  root: MapNode,
  problems: Problems,
): { readonly node: MapNode | undefined; readonly completed: unknown } => {
  const entry = root.entries.get('service')
  const node = entry?.value
  const plain =
    entry === undefined || node === undefined
      ? undefined
      : checkNode(
          node,
          serviceSchema,
          [],
          { problems, subject: 'service', base: ['service'], refused: (path) => refusedOption('service', '', path) },
          entry.keySpan,
        )
  // A wrong `telemetry` was told; half of one cannot be completed.
  const isHalf = problems
    .all()
    .some(({ path, severity }) => severity === 'error' && path.startsWith('service.telemetry'))
  const told = isHalf ? { ...(plain as object), telemetry: {} } : (plain ?? {})
  return { node: node?.kind === 'map' ? node : undefined, completed: completeOptions(serviceSchema, told) }
}

const nothingRuns = (root: MapNode, joined: Joined, problems: Problems): void => {
  // A `service` that is wrong was told already.
  if (
    joined.pipelines.length > 0 ||
    root.entries.has('pipelines') ||
    problems.all().some(({ path }) => path.startsWith('service'))
  )
    return
  const service = root.entries.get('service')
  const pipelines = child(service?.value, 'pipelines')
  if (pipelines !== undefined && !isEmpty(pipelines) && !(pipelines.kind === 'map' && pipelines.entries.size === 0))
    return
  const where = service?.keySpan ?? (root.entries.size > 0 ? [...root.entries.values()].at(-1)?.keySpan : undefined)
  problems.add({
    message: 'no pipeline is configured, so nothing would run',
    span: where ?? (root.span.source.label === '' ? undefined : span(root.span.source, 0, 0)),
    path: ['service', 'pipelines'],
    suggestion: 'add service: { pipelines: { logs: { receivers: […], exporters: […] } } }',
  })
}

const without = ({ entry: _entry, references: _references, ...pipeline }: Pipeline): PipelineConfig => pipeline

export const loadConfig = async (options: LoadOptions): Promise<Loaded> => {
  const problems = gather()
  const registry = options.registry ?? createRegistry()
  const { files, env, cwd, set = [], allowUnset = false } = options
  const read = readConfiguration({ files, set, env, cwd, allowUnset, problems })
  const { root, folder } = read
  if (root === undefined)
    return { config: undefined, problems: problems.all(), root, declared: [], registry, files: read.files }
  checkTop(root, problems)
  await loadPlugins(root, folder, registry, options, problems)
  const declared: Declared[] = []
  for (const kind of kinds) {
    declared.push(
      ...(await declare(kind, componentSection(root, kind, problems) ?? emptyMap(root.span), registry, problems)),
    )
  }
  const service = checkService(root, problems)
  const joined = join(service.node, declared, { registry, doubtful: doubtfulIds(root, declared) }, problems)
  nothingRuns(root, joined, problems)
  const extensions = declared.filter((one) => one.kind === 'extension')
  const components = new Map<string, ComponentConfig>()
  for (const one of declared) {
    const pipelines = joined.pipelines
      .filter((pipeline) => [...pipeline.receivers, ...pipeline.processors, ...pipeline.exporters].includes(one.id))
      .map(({ id }) => id)
    const component = await configure(one, { folder, pipelines, extensions: extensions.map(({ id }) => id) }, problems)
    if (component === undefined) continue
    checkComponentStorage(component, one, { extensions, started: joined.used }, problems)
    if (joined.used.has(`${one.kind}/${one.id}`)) components.set(`${one.kind}/${one.id}`, component)
  }
  checkExclusive(declared, components, folder, problems)
  const completed = serviceConfig(service.completed)
  checkServiceStorage(completed, service.node, { extensions, started: joined.used }, problems)
  const config =
    problems.errors() > 0
      ? undefined
      : { components, pipelines: joined.pipelines.map(without), service: completed, folder }
  return { config, problems: problems.all(), root, declared, registry, files: read.files }
}

/** The configuration, or all its mistakes as one error. */
export const configOrThrow = (loaded: Loaded): CollectorConfig => {
  if (loaded.config === undefined) throw new ConfigError(loaded.problems)
  return loaded.config
}
