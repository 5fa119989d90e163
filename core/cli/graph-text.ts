/** A graph of components as a tree for people, and as DOT, Mermaid or JSON for programs. */
import type { CollectorConfig } from '../config/types.ts'
import type { Graph, GraphNode } from '../engine/types.ts'

/** The graph of a configuration, with a node where each pipeline begins. */
export const graphOf = (config: CollectorConfig): Graph => {
  const nodes: GraphNode[] = []
  const edges: (readonly [number, number])[] = []
  const shared = new Map<string, number>()
  const node = (one: GraphNode): number => nodes.push(one) - 1
  const sharedNode = (kind: string, id: string): number => {
    const key = `${kind}/${id}`
    const known = shared.get(key) ?? node({ id, kind, type: config.components.get(key)?.definition.type ?? id })
    shared.set(key, known)
    return known
  }
  const kindOf = (kind: string, id: string): string => (config.components.has(`${kind}/${id}`) ? kind : 'connector')
  for (const pipeline of config.pipelines) {
    const start = node({ id: pipeline.id, kind: 'pipeline', type: pipeline.signal, pipeline: pipeline.id })
    for (const id of pipeline.receivers) edges.push([sharedNode(kindOf('receiver', id), id), start])
    let last = start
    for (const id of pipeline.processors) {
      const next = node({
        id,
        kind: 'processor',
        type: config.components.get(`processor/${id}`)?.definition.type ?? id,
        pipeline: pipeline.id,
      })
      edges.push([last, next])
      last = next
    }
    for (const id of pipeline.exporters) edges.push([last, sharedNode(kindOf('exporter', id), id)])
  }
  return { nodes, edges }
}

const childrenOf = ({ edges }: Graph, index: number): number[] =>
  edges.filter(([from]) => from === index).map(([, to]) => to)

const label = ({ id, kind }: GraphNode): string => (kind === 'pipeline' ? `[${id}]` : id)

/** One line for each run of components without a fork, indented under where it forks off; what was shown is not repeated. */
export const graphTree = (graph: Graph): string => {
  const lines: string[] = []
  const shown = new Set<number>()
  const walk = (index: number, lead: string, mark: string, deeper: string): void => {
    const names: string[] = []
    let at: number | undefined = index
    let children: number[] = []
    for (;;) {
      const node: GraphNode | undefined = at === undefined ? undefined : graph.nodes[at]
      if (at === undefined || node === undefined) break
      const again = shown.has(at)
      const below = childrenOf(graph, at)
      names.push(
        `${label(node)}${again && below.length > 0 ? ' (see above)' : ''}${names.length === 0 && lead === '' && mark === '' ? ` (${node.kind})` : ''}`,
      )
      shown.add(at)
      children = again ? [] : below
      at = children.length === 1 ? children[0] : undefined
    }
    lines.push(`${lead}${mark}${names.join(' → ')}`)
    for (const [position, child] of children.entries()) {
      if (children.length === 1) break
      const last = position === children.length - 1
      walk(child, lead + deeper, last ? '└─ ' : '├─ ', last ? '   ' : '│  ')
    }
  }
  const entered = new Set(graph.edges.map(([, to]) => to))
  for (const index of graph.nodes.keys()) if (!entered.has(index)) walk(index, '', '', '')
  return lines.map((line) => `${line}\n`).join('')
}

const quoted = (text: string): string => JSON.stringify(text)

const shapes: Readonly<Record<string, string>> = {
  receiver: 'invhouse',
  exporter: 'house',
  connector: 'diamond',
  pipeline: 'plaintext',
}

export const graphDot = ({ nodes, edges }: Graph): string => {
  const rows = nodes.map(({ id, kind }, index) => `  n${index} [label=${quoted(id)}, shape=${shapes[kind] ?? 'box'}]`)
  return `digraph collector {\n  rankdir=LR\n${[...rows, ...edges.map(([from, to]) => `  n${from} -> n${to}`)].join('\n')}\n}\n`
}

const brackets: Readonly<Record<string, readonly [string, string]>> = {
  receiver: ['([', '])'],
  exporter: ['[[', ']]'],
  connector: ['{', '}'],
  pipeline: ['>', ']'],
}

export const graphMermaid = ({ nodes, edges }: Graph): string => {
  const rows = nodes.map(({ id, kind }, index) => {
    const [open, close] = brackets[kind] ?? ['[', ']']
    return `  n${index}${open}"${id.replaceAll('"', '#quot;')}"${close}`
  })
  return `flowchart LR\n${[...rows, ...edges.map(([from, to]) => `  n${from} --> n${to}`)].join('\n')}\n`
}
