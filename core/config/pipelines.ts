/** The `service.pipelines` section: ids, signals, and what each pipeline names. */
import type { Kind } from '../kit/plugin.ts'
import type { Signal } from '../model/types.ts'
import { typeOf } from './components.ts'
import { child, isEmpty, type Entry, type MapNode, type Node } from './node.ts'
import type { Problems } from './problems.ts'
import type { Span } from './source.ts'
import { didYouMean } from './suggest.ts'
import type { PipelineConfig, Priority } from './types.ts'

const signals: readonly Signal[] = ['logs', 'metrics', 'traces']
export const roles = ['receivers', 'processors', 'exporters'] as const
export type Role = (typeof roles)[number]
export const kindOf: Readonly<Record<Role, Kind>> = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
}

export interface Reference {
  readonly id: string
  readonly span: Span
}
export interface Pipeline extends PipelineConfig {
  readonly entry: Entry
  readonly references: Readonly<Record<Role, readonly Reference[]>>
}

const signalOf = (id: string): Signal | undefined => signals.find((signal) => signal === typeOf(id))

export const referencesOf = (list: Node | undefined): Reference[] =>
  list?.kind === 'list'
    ? list.items.flatMap((item) =>
        item.kind === 'scalar' && item.value !== null && !item.broken ? [{ id: item.text, span: item.span }] : [],
      )
    : []

export const readPipelines = (service: MapNode | undefined, problems: Problems): Pipeline[] => {
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
    const priority = child(entry.value, 'priority')
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
        ...(priority?.kind === 'scalar' && !isEmpty(priority) && { priority: priority.text as Priority }),
      },
    ]
  })
}
