/** The named numbers of each context. */
import type { ContextName } from './contexts/tables.ts'

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const

const numbered = (prefix: string, names: readonly string[]): readonly (readonly [string, number])[] =>
  names.map((name, i) => [prefix + name, i] as const)

const severities: ReadonlyMap<string, number> = new Map([
  ['SEVERITY_NUMBER_UNSPECIFIED', 0],
  ...levels.flatMap((level, i) =>
    [1, 2, 3, 4].map((step) => [`SEVERITY_NUMBER_${level}${step === 1 ? '' : step}`, i * 4 + step] as const),
  ),
])
const spans: ReadonlyMap<string, number> = new Map([
  ...numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  ...numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
])
const metrics: ReadonlyMap<string, number> = new Map([
  ...numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
  ...numbered('METRIC_DATA_TYPE_', ['NONE', 'GAUGE', 'SUM', 'HISTOGRAM', 'EXPONENTIAL_HISTOGRAM', 'SUMMARY']),
])
const none: ReadonlyMap<string, number> = new Map()

const byContext: Readonly<Record<ContextName, ReadonlyMap<string, number>>> = {
  log: severities,
  event: severities,
  span: spans,
  spanevent: spans,
  metric: metrics,
  datapoint: new Map([...metrics, ...numbered('FLAG_', ['NONE', 'NO_RECORDED_VALUE'])]),
  resource: none,
  scope: none,
}

export const enumsOf = (context: ContextName): ReadonlyMap<string, number> => byContext[context]
