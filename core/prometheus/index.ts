/** Prometheus's data model for plugins: names, labels and series of OpenTelemetry's records. */
export { labelName, metricName, unitName } from './names.ts'
export type { MetricKind, Naming } from './names.ts'
export { valueText } from './value-text.ts'
