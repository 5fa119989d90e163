/** What the engine tells about its components: states and steps. */
import type { ComponentState } from '../kit/context.ts'
import type { Branch } from './branch.ts'
import type { BreakerState } from './breaker.ts'
import type { Instance } from './instance.ts'
import type { Part, Plant } from './plant.ts'
import type { ComponentStatus, StepStats } from './types.ts'

export const stateOf = ({ config, health }: Instance): ComponentState => ({
  id: config.id,
  kind: config.kind,
  state: health.state,
  since: health.since,
  ...(health.reason !== undefined && { reason: health.reason }),
})

const breakerOf = (branch: Branch | undefined): { readonly breaker?: BreakerState } => {
  const state = branch && branch.kind !== 'live' ? branch.breaker : undefined
  return state === undefined ? {} : { breaker: state }
}

/** A component that throws when it is asked about itself says that, and nothing else breaks. */
const detailsOf = ({ component }: Instance): unknown => {
  try {
    return component?.inspect?.('', {})
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/** `branch` of an exporter. */
export const statusOf = (instance: Instance, branch?: Branch): ComponentStatus => {
  const details = detailsOf(instance)
  return {
    ...stateOf(instance),
    pipelines: instance.pipelines,
    ...breakerOf(branch),
    ...(details !== undefined && { details }),
  }
}

export const statsOf = (plant: Plant): readonly StepStats[] => {
  const rows = ({ instance }: Part, branch?: Branch): StepStats[] =>
    [...instance.counts].map(([pipeline, { recordsIn, recordsOut, ms, errors }]) => ({
      component: instance.config.id,
      kind: instance.config.kind,
      pipeline,
      recordsIn,
      recordsOut,
      seconds: ms / 1_000,
      errors,
      ...(branch && branch.kind !== 'direct' && { queueSize: branch.size, queueCapacity: branch.capacity }),
      ...(branch?.kind === 'queue' && branch.stored > 0 && { queueStored: branch.stored }),
      ...breakerOf(branch),
    }))
  return [
    ...plant.receivers.flatMap((part) => rows(part)),
    ...plant.stations.flatMap((part) => rows(part)),
    ...plant.exporters.flatMap((part) => rows(part, part.branch)),
  ]
}
