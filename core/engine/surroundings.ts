/**
 * What a component is told of its surroundings when it is made, read from the configuration it is made for. Where that
 * changes with a reload, the component is made anew: it is told once.
 */
import type { CollectorConfig, ComponentConfig } from '../config/types.ts'
import type { Context } from '../kit/context.ts'
import type { Signal } from '../model/types.ts'
import { acksOf } from './acks.ts'
import { using } from './branches.ts'
import { differences } from './differences.ts'

export type Surroundings = Pick<Context, 'folder' | 'acks' | 'outputs' | 'signals'>

const SIGNALS: readonly Signal[] = ['logs', 'metrics', 'traces']

const signalsOf = (config: CollectorConfig, pipelines: readonly string[]): readonly Signal[] =>
  SIGNALS.filter((signal) => config.pipelines.some((one) => one.signal === signal && pipelines.includes(one.id)))

/** `pipeline`: where a processor stands. */
export const surroundingsOf = (
  config: CollectorConfig,
  { id, kind }: Pick<ComponentConfig, 'id' | 'kind'>,
  pipeline: string | undefined,
): Surroundings => {
  const { folder } = config
  const [inputs, outputs] = [using(config, 'exporters', id), using(config, 'receivers', id)]
  if (kind === 'processor') {
    const own = pipeline === undefined ? [] : [pipeline]
    return { folder, acks: acksOf(config, own), outputs: [], signals: signalsOf(config, own) }
  }
  if (kind === 'connector')
    return { folder, acks: acksOf(config, outputs), outputs, signals: signalsOf(config, [...inputs, ...outputs]) }
  if (kind === 'receiver')
    return { folder, acks: acksOf(config, outputs), outputs: [], signals: signalsOf(config, outputs) }
  return { folder, acks: 'destination', outputs: [], signals: signalsOf(config, inputs) }
}

/** A receiver holds nothing back, so what its acks mean is no reason to begin anew. */
export const surroundingsDiffer = (
  before: CollectorConfig,
  after: CollectorConfig,
  component: Pick<ComponentConfig, 'id' | 'kind'>,
  pipeline: string | undefined,
): readonly string[] => {
  const [old, next] = [before, after].map((config) => surroundingsOf(config, component, pipeline))
  return differences(old, next).filter((path) => path !== 'acks' || component.kind !== 'receiver')
}
