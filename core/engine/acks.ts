/** What an ack at the entry of a pipeline means, read from the configuration: see `Context.acks`. */
import type { CollectorConfig, PipelineConfig } from '../config/types.ts'
import type { Context } from '../kit/context.ts'

type Acks = Context['acks']

const weakest = (all: readonly Acks[]): Acks => (all.every((one) => one === 'memory') ? 'memory' : 'destination')

export const acksOf = (config: CollectorConfig, pipelines: readonly string[]): Acks => {
  const ofExporter = (id: string): Acks => {
    const exporter = config.components.get(`exporter/${id}`)
    if (!exporter) return acksOf(config, feeds(id))
    if (exporter.definition.delivery === 'best_effort') return 'memory'
    const queue = exporter.engine.sendingQueue
    const inMemory = queue?.storage === undefined || queue.onFull === 'spill'
    return queue && inMemory && !queue.waitForResult ? 'memory' : 'destination'
  }
  const feeds = (connector: string): string[] =>
    config.pipelines.filter(({ receivers }) => receivers.includes(connector)).map(({ id }) => id)
  const ofPipeline = (pipeline: PipelineConfig): Acks => weakest(pipeline.exporters.map(ofExporter))
  return weakest(config.pipelines.filter(({ id }) => pipelines.includes(id)).map(ofPipeline))
}
