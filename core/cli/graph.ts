import { configOrThrow } from '../config/index.ts'
import { controlClient, dataDirectoryOf, toJson } from '../control/index.ts'
import type { Graph } from '../engine/types.ts'
import { exitCode } from './exit-codes.ts'
import { graphDot, graphMermaid, graphOf, graphTree } from './graph-text.ts'
import { load } from './load.ts'
import { configOptions, dataDirOption, defineVerb, jsonOption } from './verb.ts'

export const verb = defineVerb({
  name: 'graph',
  summary: 'Show how receivers, processors, connectors and exporters are joined.',
  options: {
    ...configOptions,
    ...dataDirOption,
    ...jsonOption,
    format: {
      type: 'string',
      choices: ['text', 'dot', 'mermaid', 'json'],
      default: 'text',
      description: 'how to print it',
    },
    running: { type: 'boolean', description: 'of the running collector instead of a file' },
  },
  examples: [
    ['graph', 'a tree of collector.yaml'],
    ['graph --format dot | dot -Tsvg > graph.svg', 'a picture, with Graphviz'],
  ],
  async run({ options }, io) {
    const graph = options.running
      ? ((await controlClient(dataDirectoryOf(options['data-dir'], io)).get('/graph')) as Graph)
      : graphOf(configOrThrow(await load(options, io)))
    const format = options.json ? 'json' : options.format
    const text = { text: graphTree, dot: graphDot, mermaid: graphMermaid, json: (one: Graph) => `${toJson(one, 2)}\n` }
    await io.out(text[format](graph))
    return exitCode('ok')
  },
})
