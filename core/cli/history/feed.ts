/** A configuration whose receivers hand on what a verb gives them; everything behind them is real. */
import type { CollectorConfig, ComponentConfig } from '../../config/types.ts'
import { createCollector } from '../../engine/index.ts'
import type { Collector } from '../../engine/types.ts'
import type { Context, Logger } from '../../kit/context.ts'
import { CollectorError } from '../../kit/errors.ts'
import { systemClock } from '../../kit/system-clock.ts'
import type { Batch } from '../../model/index.ts'

export interface Feed {
  readonly collector: Collector
  /** Into every pipeline of its signal; resolves when they have taken responsibility. */
  send(batch: Batch): Promise<void>
}

const ofType = (id: string, type: string): boolean => id === type || id.startsWith(`${type}/`)

/** Without exporters of some types, and without the pipelines that are empty then. */
export const withoutExporters = (config: CollectorConfig, types: readonly string[]): CollectorConfig => ({
  ...config,
  pipelines: config.pipelines
    .map((pipeline) => ({
      ...pipeline,
      exporters: pipeline.exporters.filter((id) => !types.some((type) => ofType(id, type))),
    }))
    .filter(({ exporters }) => exporters.length > 0),
})

export const onlyPipelines = (config: CollectorConfig, ids: readonly string[]): CollectorConfig => {
  const unknown = ids.find((id) => !config.pipelines.some((pipeline) => pipeline.id === id))
  if (unknown !== undefined)
    throw new CollectorError(
      'usage',
      `there is no pipeline '${unknown}'; there are ${config.pipelines.map(({ id }) => id).join(', ')}`,
    )
  return ids.length === 0 ? config : { ...config, pipelines: config.pipelines.filter(({ id }) => ids.includes(id)) }
}

export const startFeed = async (config: CollectorConfig, log: Logger, dataDirectory: string): Promise<Feed> => {
  const feeds: Context[] = []
  const replaced = (component: ComponentConfig): ComponentConfig => ({
    ...component,
    definition: {
      ...component.definition,
      requires: [],
      create: ((ctx: Context) => {
        feeds.push(ctx)
        return {}
      }) as never,
    },
  })
  const components = new Map(
    Array.from(config.components, ([key, component]) => [
      key,
      component.kind === 'receiver' ? replaced(component) : component,
    ]),
  )
  const collector = createCollector(
    { ...config, components },
    { clock: systemClock, random: Math.random, log, dataDirectory, once: false },
  )
  await collector.start()
  return {
    collector,
    async send(batch) {
      await Promise.all(feeds.map((ctx) => ctx.next(batch)))
    },
  }
}
