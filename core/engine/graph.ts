/** The graph of a configuration: receivers, exporters and connectors once, processors once a pipeline. */
import type { CollectorConfig } from '../config/types.ts'
import type { Graph, GraphNode } from './types.ts'

/** Needs no running collector. */
export const graphOf = (config: CollectorConfig): Graph => {
  const nodes: GraphNode[] = []
  const edges: (readonly [from: number, to: number])[] = []
  const places = new Map<string, number>()
  const place = (key: string, pipeline?: string): number => {
    const name = pipeline === undefined ? key : `${key}@${pipeline}`
    const known = places.get(name)
    if (known !== undefined) return known
    const component = config.components.get(key)
    const id = key.slice(key.indexOf('/') + 1)
    nodes.push({
      id,
      kind: component?.kind ?? key.slice(0, key.indexOf('/')),
      type: component?.definition.type ?? id,
      ...(pipeline !== undefined && { pipeline }),
    })
    places.set(name, nodes.length - 1)
    return nodes.length - 1
  }
  const end = (kind: 'receiver' | 'exporter', id: string): number =>
    place(config.components.has(`${kind}/${id}`) ? `${kind}/${id}` : `connector/${id}`)
  for (const pipeline of config.pipelines) {
    let before = pipeline.receivers.map((id) => end('receiver', id))
    for (const id of pipeline.processors) {
      const step = place(`processor/${id}`, pipeline.id)
      edges.push(...before.map((from) => [from, step] as const))
      before = [step]
    }
    for (const id of pipeline.exporters) {
      const to = end('exporter', id)
      edges.push(...before.map((from) => [from, to] as const))
    }
  }
  for (const id of config.service.extensions) place(`extension/${id}`)
  return { nodes, edges }
}
