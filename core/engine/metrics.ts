/** The engine's own metrics, read from its books when somebody asks: nothing is counted twice, nothing per record. */
import { metricNames, type MetricName } from '../telemetry/names.ts'
import type { Metric, MetricPoint } from '../telemetry/registry.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'
import type { LoopWatch } from './loop-watch.ts'
import type { Plant } from './plant.ts'

export interface Surroundings {
  readonly watch: LoopWatch
  readonly threads: number
}

const metric = (name: MetricName, points: readonly MetricPoint[]): Metric => ({ name, ...metricNames[name], points })
const one = (value: number): readonly MetricPoint[] => [{ labels: {}, value }]

type Count = 'pointsIn' | 'pointsOut' | 'ms' | 'errors' | 'failed'

const perPipeline = (instances: readonly Instance[], label: string, count: Count, scale = 1): MetricPoint[] =>
  instances.flatMap(({ config, counts }) =>
    [...counts].map(([pipeline, values]) => ({
      labels: { [label]: config.id, pipeline },
      value: values[count] * scale,
    })),
  )

const units = { log_records: 'logs', metric_points: 'metrics', spans: 'traces' } as const

/** One metric for each signal, as the field has it. */
const perSignal = (
  core: Core,
  name: `otelcol_${'receiver_accepted' | 'receiver_refused' | 'exporter_sent' | 'exporter_send_failed'}`,
  points: readonly MetricPoint[],
): readonly Metric[] =>
  Object.entries(units).flatMap(([unit, signal]) => {
    const own = points.filter(({ labels }) => core.signals.get(labels['pipeline'] ?? '') === signal)
    return own.length === 0 && signal !== 'logs' ? [] : [metric(`${name}_${unit as keyof typeof units}`, own)]
  })

const balances = (plant: Plant): readonly Metric[] => {
  const all = plant.ledgers.map((ledger) => ledger.balance())
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)
  const named = (field: 'filtered' | 'dropped', label: string): MetricPoint[] =>
    all.flatMap((balance) =>
      Object.entries(balance[field]).map(([name, value]) => ({
        labels: { pipeline: balance.pipeline, [label]: name },
        value,
      })),
    )
  const outcomes = all.flatMap((balance) =>
    Object.entries({
      received: balance.received,
      delivered: balance.delivered,
      filtered: sum(balance.filtered),
      dead_lettered: balance.deadLettered,
      dropped: sum(balance.dropped),
      held: balance.held,
      queued: balance.queued,
      in_flight: balance.inFlight,
    }).map(([outcome, value]) => ({ labels: { pipeline: balance.pipeline, outcome }, value })),
  )
  return [
    metric('seneca_pipeline_records', outcomes),
    metric('seneca_pipeline_dropped_records', named('dropped', 'reason')),
    metric('seneca_pipeline_filtered_records', named('filtered', 'rule')),
  ]
}

const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const

const delivery = (plant: Plant, { storehouse, budget }: Core): readonly Metric[] => {
  const branches = plant.exporters.map(({ instance, branch }) => ({
    labels: { exporter: instance.config.id },
    branch,
  }))
  return [
    metric(
      'seneca_exporter_breaker_state',
      branches.flatMap(({ labels, branch }) =>
        branch.kind === 'live' || branch.breaker === undefined
          ? []
          : [{ labels, value: BREAKER_STATES[branch.breaker] }],
      ),
    ),
    metric(
      'seneca_queue_stored_records',
      branches.flatMap(({ labels, branch }) => (branch.kind === 'queue' ? [{ labels, value: branch.stored }] : [])),
    ),
    metric(
      'seneca_disk_bytes',
      storehouse.stores.map(({ kind, component, log }) => ({ labels: { kind, component }, value: log.bytes })),
    ),
    metric(
      'seneca_disk_damaged_bytes',
      storehouse.stores.map(({ kind, component, log }) => ({ labels: { kind, component }, value: log.setAside })),
    ),
    metric(
      'seneca_budget_refused_batches',
      Object.entries(budget.refused).map(([priority, value]) => ({ labels: { priority }, value })),
    ),
  ]
}

const components = (plant: Plant, core: Core): readonly Metric[] => {
  const receivers = plant.receivers.map(({ instance }) => instance)
  const stations = plant.stations.map(({ instance }) => instance)
  const exporters = plant.exporters.map(({ instance }) => instance)
  const all = [...receivers, ...stations, ...exporters]
  const queues = plant.exporters.flatMap(({ instance, branch }) =>
    branch.kind === 'direct' ? [] : [{ labels: { exporter: instance.config.id }, branch }],
  )
  const labelled = (of: Instance): string => of.key
  return [
    ...perSignal(core, 'otelcol_receiver_accepted', perPipeline(receivers, 'receiver', 'pointsOut')),
    ...perSignal(core, 'otelcol_receiver_refused', perPipeline(receivers, 'receiver', 'failed')),
    metric('otelcol_processor_incoming_items', perPipeline(stations, 'processor', 'pointsIn')),
    metric('otelcol_processor_outgoing_items', perPipeline(stations, 'processor', 'pointsOut')),
    ...perSignal(core, 'otelcol_exporter_sent', perPipeline(exporters, 'exporter', 'pointsOut')),
    ...perSignal(core, 'otelcol_exporter_send_failed', perPipeline(exporters, 'exporter', 'failed')),
    metric(
      'otelcol_exporter_queue_size',
      queues.map(({ labels, branch }) => ({ labels, value: branch.size })),
    ),
    metric(
      'otelcol_exporter_queue_capacity',
      queues.map(({ labels, branch }) => ({ labels, value: branch.capacity })),
    ),
    metric(
      'seneca_component_seconds',
      all.flatMap((of) => perPipeline([of], 'component', 'ms', 1e-3).map((p) => relabelled(p, labelled(of)))),
    ),
    metric(
      'seneca_component_errors',
      all.flatMap((of) => perPipeline([of], 'component', 'errors').map((p) => relabelled(p, labelled(of)))),
    ),
  ]
}

const relabelled = (point: MetricPoint, component: string): MetricPoint => ({
  ...point,
  labels: { ...point.labels, component },
})

export const metricsOf = (plant: Plant, core: Core, { watch, threads }: Surroundings): readonly Metric[] => {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const delay = watch.delay()
  return [
    ...components(plant, core),
    ...balances(plant),
    ...delivery(plant, core),
    metric(
      'seneca_component_blocked_loop',
      [...watch.blocks].map(([component, value]) => ({ labels: { component }, value })),
    ),
    metric(
      'seneca_event_loop_delay_seconds',
      Object.entries(delay).map(([quantile, value]) => ({ labels: { quantile }, value })),
    ),
    metric('seneca_accounted_bytes', one(core.accounts.accounted())),
    metric('seneca_worker_threads', one(threads)),
    metric('otelcol_process_runtime_heap_alloc_bytes', one(heapUsed)),
    metric('otelcol_process_memory_rss', one(rss)),
    metric('otelcol_process_cpu_seconds', one((user + system) / 1e6)),
    metric('otelcol_process_uptime', one(process.uptime())),
  ]
}
