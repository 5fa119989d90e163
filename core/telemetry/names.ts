/**
 * Every metric of the engine, in one table: names as the OpenTelemetry Collector has them where it has them, so that its
 * dashboards work here; ours begin with `seneca_`. A name, once published, is never changed.
 */
import type { Metric } from './registry.ts'

type Description = Pick<Metric, 'type' | 'description' | 'unit'>

const counter = (description: string, unit = '{records}'): Description => ({ type: 'counter', description, unit })
const gauge = (description: string, unit: string): Description => ({ type: 'gauge', description, unit })

export const metricNames = {
  otelcol_receiver_accepted_log_records: counter('Records a receiver handed on and saw taken.'),
  otelcol_receiver_accepted_metric_points: counter('The same of metrics, in data points.', '{points}'),
  otelcol_receiver_accepted_spans: counter('The same of traces.', '{spans}'),
  otelcol_receiver_refused_log_records: counter('Records of a receiver that were handed back to it.'),
  otelcol_receiver_refused_metric_points: counter('The same of metrics, in data points.', '{points}'),
  otelcol_receiver_refused_spans: counter('The same of traces.', '{spans}'),
  otelcol_processor_incoming_items: counter('Log records, data points and spans given to a processor or connector.'),
  otelcol_processor_outgoing_items: counter('Those it handed on.'),
  otelcol_exporter_sent_log_records: counter('Records the destination confirmed.'),
  otelcol_exporter_sent_metric_points: counter('The same of metrics, in data points.', '{points}'),
  otelcol_exporter_sent_spans: counter('The same of traces.', '{spans}'),
  otelcol_exporter_send_failed_log_records: counter('Records the destination did not take in the end.'),
  otelcol_exporter_send_failed_metric_points: counter('The same of metrics, in data points.', '{points}'),
  otelcol_exporter_send_failed_spans: counter('The same of traces.', '{spans}'),
  otelcol_exporter_queue_size: gauge('How full the queue is, in its own sizer.', '{items}'),
  otelcol_exporter_queue_capacity: gauge('How much the queue holds, in its own sizer.', '{items}'),
  seneca_exporter_breaker_state: gauge('0 = closed, 1 = half-open, 2 = open.', '{state}'),
  seneca_queue_stored_records: gauge('Records of a queue that are on disk.', '{records}'),
  seneca_disk_bytes: gauge('Bytes of queues and dead letters on disk, damaged ones set aside included.', 'By'),
  seneca_disk_damaged_bytes: gauge('Damaged bytes that were set aside.', 'By'),
  seneca_budget_refused_batches: counter('Batches refused because a budget ran out, by priority.', '{batches}'),
  otelcol_process_runtime_heap_alloc_bytes: gauge('Heap in use.', 'By'),
  otelcol_process_memory_rss: gauge('Resident memory.', 'By'),
  otelcol_process_cpu_seconds: counter('CPU time of the process.', 's'),
  otelcol_process_uptime: counter('Time since the process began.', 's'),
  seneca_pipeline_records: counter('The balance of a pipeline, by outcome.'),
  seneca_pipeline_dropped_records: counter('Lost records, by reason.'),
  seneca_pipeline_filtered_records: counter('Records left out on purpose, by rule.'),
  seneca_component_seconds: counter('Time spent in a component itself.', 's'),
  seneca_component_errors: counter('Calls of a component that failed.', '{calls}'),
  seneca_component_blocked_loop: counter('How often a component kept the event loop over 200 ms.', '{times}'),
  seneca_event_loop_delay_seconds: gauge('How late the event loop runs.', 's'),
  seneca_accounted_bytes: gauge('Bytes of the batches in flight, held and queued.', 'By'),
  seneca_worker_threads: gauge('Threads of the worker pools.', '{threads}'),
} as const satisfies Readonly<Record<string, Description>>

export type MetricName = keyof typeof metricNames
