/** What is counted of each signal: one number for each set of values of the attributes it is counted by. */
import { asValue, valueToJson } from 'seneca-collector'
import type { Batch, Infer, LogRecord, RecordOf, Signal, SpanRecord, Value, ValueMap } from 'seneca-collector'
import { compileConditions, readRuns } from 'seneca-collector/ottl'
import type { ContextName, OttlProblem, ProgramOptions } from 'seneca-collector/ottl'
import type { schema } from './schema.ts'

type Config = Infer<typeof schema>

export const sections = ['spans', 'spanevents', 'metrics', 'datapoints', 'logs'] as const
type Section = (typeof sections)[number]
type Spec = NonNullable<Config['logs']>[string]

const kinds: Readonly<
  Record<
    Section,
    { readonly signal: Signal; readonly context: ContextName; readonly name: string; readonly description: string }
  >
> = {
  spans: { signal: 'traces', context: 'span', name: 'trace.span.count', description: 'The number of spans observed.' },
  spanevents: {
    signal: 'traces',
    context: 'spanevent',
    name: 'trace.span.event.count',
    description: 'The number of span events observed.',
  },
  metrics: {
    signal: 'metrics',
    context: 'metric',
    name: 'metric.count',
    description: 'The number of metrics observed.',
  },
  datapoints: {
    signal: 'metrics',
    context: 'datapoint',
    name: 'metric.datapoint.count',
    description: 'The number of data points observed.',
  },
  logs: {
    signal: 'logs',
    context: 'log',
    name: 'log.record.count',
    description: 'The number of log records observed.',
  },
}

export interface Counted {
  /** Points that are not zero. */
  readonly points: readonly (readonly [attributes: ValueMap, n: number])[]
  /** The first and the last time of what was looked at; 0 where nothing says one. */
  readonly from: bigint
  readonly to: bigint
}

export interface CountOf {
  readonly name: string
  readonly description: string
  /** The records of one resource. */
  count(batch: Batch): Counted
}

type Reader = { get(path: readonly string[]): Value | undefined }

/** When what is looked at was: of spans their start and end, of metrics nothing. */
const timesOf: Readonly<Record<Section, (record: RecordOf[Signal], subject: Reader) => readonly bigint[]>> = {
  spans: (record) => [(record as SpanRecord).startTime, (record as SpanRecord).endTime],
  spanevents: (_, event) => [asTime(event.get(['time_unix_nano']))],
  metrics: () => [],
  datapoints: (_, point) => [asTime(point.get(['time_unix_nano']))],
  logs: (record) => [(record as LogRecord).time],
}
const asTime = (value: Value | undefined): bigint =>
  typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n

/** The values it is counted by, its own before those of the scope and the resource; undefined when one is absent everywhere. */
const attributesReader = (attributes: NonNullable<Spec['attributes']>) => {
  const wanted = attributes.map(({ key, default_value: otherwise }) => ({
    key,
    path: ['attributes', key],
    otherwise: otherwise === undefined || otherwise === null ? undefined : asValue(otherwise),
  }))
  return (subject: Reader, { scope, resource }: RecordOf[Signal]): ValueMap | undefined => {
    const values: Record<string, Value> = {}
    for (const { key, path, otherwise } of wanted) {
      let value = subject.get(path)
      if (value === undefined) value = scope.attributes.get(key)
      if (value === undefined) value = resource.attributes.get(key)
      if (value === undefined) value = otherwise
      if (value === undefined) return undefined
      values[key] = value
    }
    return values
  }
}

const createCount = (section: Section, name: string, spec: Partial<Spec>, options: ProgramOptions): CountOf => {
  const { signal, context } = kinds[section]
  const { conditions = [], attributes = [], description = '' } = spec
  const { firstOn } = compileConditions(conditions, { ...options, context, errorMode: 'ignore' })
  const read = attributesReader(attributes)
  return {
    name,
    description,
    count(batch) {
      const points = new Map<string, [ValueMap, number]>()
      let [from, to] = [0n, 0n]
      for (const record of batch) {
        for (const run of readRuns(signal, record, context)) {
          for (const time of timesOf[section](record, run.record)) {
            if (time > 0n && (from === 0n || time < from)) from = time
            if (time > to) to = time
          }
          if (conditions.length > 0 && firstOn(run) < 0) continue
          const values = attributes.length === 0 ? {} : read(run.record, record)
          if (values === undefined) continue
          const key = attributes.length === 0 ? '' : valueToJson(values)
          const point = points.get(key)
          if (point) point[1]++
          else points.set(key, [values, 1])
        }
      }
      return { points: [...points.values()], from, to }
    },
  }
}

/** By signal. A section without metrics of its own counts everything under its usual name. */
export const compileCounts = (
  config: Config,
  options: ProgramOptions,
): Readonly<Record<Signal, readonly CountOf[]>> => {
  const counts: Record<Signal, CountOf[]> = { logs: [], metrics: [], traces: [] }
  for (const section of sections) {
    const { signal, name: usual, description } = kinds[section]
    const specs = Object.entries(config[section] ?? {})
    if (specs.length === 0) counts[signal].push(createCount(section, usual, { description }, options))
    for (const [name, spec] of specs) counts[signal].push(createCount(section, name, spec, options))
  }
  return counts
}

export function* countProblems(
  config: Config,
): Iterable<{ readonly at: readonly string[]; readonly problems: readonly OttlProblem[] }> {
  for (const section of sections) {
    for (const [name, { conditions = [] }] of Object.entries(config[section] ?? {})) {
      const { problems } = compileConditions(conditions, { context: kinds[section].context })
      yield { at: [section, name, 'conditions'], problems }
    }
  }
}
