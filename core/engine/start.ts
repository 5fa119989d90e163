/**
 * Creates and starts components: extensions, exporters, then connectors and processors from the last to the first, then
 * receivers. What cannot keep its promise without a component does not start: a required exporter, processor, connector or
 * extension that fails ends the start, with a sentence. A live exporter or one of several receivers that fails is named
 * and the rest runs.
 */
import { CollectorError } from '../kit/errors.ts'
import type { CollectorConfig } from '../config/types.ts'
import type { Context } from '../kit/context.ts'
import type { Component } from '../kit/plugin.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'
import { isExporter, type Part, type Plant } from './plant.ts'

/** What a component of that configuration is created with. */
export type ContextOf = (part: Part, config: CollectorConfig) => Context

export interface Starting {
  readonly core: Core
  readonly contextOf: ContextOf
  /** What they start for. */
  readonly config: CollectorConfig
  /** Called as soon as a component exists, so that a failed start can stop it. */
  readonly created: (instance: Instance) => void
}

const needsConsume = ({ config }: Instance): boolean =>
  config.kind === 'processor' || config.kind === 'connector' || config.kind === 'exporter'

export const bring = async ({ core, contextOf, config, created }: Starting, part: Part): Promise<void> => {
  const { instance } = part
  const { definition, options } = instance.config
  const component = await core.guard.run(instance.key, (): Component | Promise<Component> =>
    definition.create(contextOf(part, config), options as never),
  )
  if (typeof component !== 'object' || component === null)
    throw new CollectorError('plugin_failed', 'create did not answer a component')
  if (needsConsume(instance) && typeof component.consume !== 'function')
    throw new CollectorError('plugin_failed', 'create answered a component without consume')
  instance.life.component = component
  created(instance)
  await core.guard.run(instance.key, () => component.start?.(core.hard))
  instance.health.observe('ok')
}

export const failedStart = (instance: Instance, thrown: unknown): CollectorError => {
  const error = CollectorError.from(thrown)
  instance.health.observe('failed', error.message)
  return new CollectorError(
    'start_failed',
    `${instance.config.kind} '${instance.config.id}' could not start: ${error.message}`,
    {
      cause: thrown,
    },
  )
}

/** What a component needs from the disk is opened before it starts; a queue begins when it has. */
export const startPart = async (starting: Starting, part: Part): Promise<void> => {
  const branch = isExporter(part) ? part.branch : undefined
  await part.instance.letters?.open()
  if (branch?.kind === 'queue') await branch.open()
  await bring(starting, part)
  if (branch?.kind === 'queue') branch.begin()
}

export const startAll = async (starting: Starting, plant: Plant): Promise<void> => {
  const { log } = starting.core.env
  const required = async (part: Part): Promise<void> => {
    try {
      await startPart(starting, part)
    } catch (error) {
      throw failedStart(part.instance, error)
    }
  }
  /** What failed, if it did. */
  const optional = async (part: Part): Promise<CollectorError | undefined> => {
    try {
      await startPart(starting, part)
      return undefined
    } catch (thrown) {
      part.instance.life.component = undefined
      const error = failedStart(part.instance, thrown)
      log.error(`${error.message}; the rest runs without it`)
      return error
    }
  }
  for (const part of plant.extensions) await required(part)
  for (const part of plant.exporters) {
    if (part.branch.kind === 'live') await optional(part)
    else await required(part)
  }
  for (const part of plant.stations.toReversed()) await required(part)
  const failures: CollectorError[] = []
  for (const part of plant.receivers) {
    const failure = await optional(part)
    if (failure) failures.push(failure)
  }
  const [first] = failures
  if (first && failures.length === plant.receivers.length) throw first
}
