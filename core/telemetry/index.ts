/** The collector's own log and metrics. */
export { childLogger, createLogger } from './logger.ts'
export type { Level, LoggerOptions } from './logger.ts'
export { metricNames } from './names.ts'
export type { MetricName } from './names.ts'
export { createRegistry } from './registry.ts'
export type { Metric, MetricPoint, Registry } from './registry.ts'
