/** What is counted of each signal: one number for each set of values of the attributes it is counted by. */
import { asValue, valueToJson } from 'seneca-collector'
import type { Batch, Infer, Signal, Value, ValueMap } from 'seneca-collector'
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

export interface CountOf {
  readonly name: string
  readonly description: string
  /** Points that are not zero. */
  count(batch: Batch): readonly (readonly [attributes: ValueMap, n: number])[]
}

type Reader = { get(path: readonly string[]): Value | undefined }

/** The values it is counted by; undefined when one is absent and has no default. */
const attributesReader = (attributes: NonNullable<Spec['attributes']>) => {
  const wanted = attributes.map(({ key, default_value: otherwise }) => ({
    key,
    path: ['attributes', key],
    otherwise: otherwise === undefined ? undefined : asValue(otherwise),
  }))
  return (subject: Reader): ValueMap | undefined => {
    const values: Record<string, Value> = {}
    for (const { key, path, otherwise } of wanted) {
      const value = subject.get(path) ?? otherwise
      if (value === undefined) return undefined
      values[key] = value
    }
    return values
  }
}

const createCount = (section: Section, name: string, spec: Partial<Spec>, options: ProgramOptions): CountOf => {
  const { signal, context, description } = kinds[section]
  const { conditions = [], attributes = [] } = spec
  const { firstOn } = compileConditions(conditions, { ...options, context, errorMode: 'ignore' })
  const read = attributesReader(attributes)
  return {
    name,
    description: spec.description === undefined || spec.description === '' ? description : spec.description,
    count(batch) {
      const points = new Map<string, [ValueMap, number]>()
      for (const record of batch) {
        for (const run of readRuns(signal, record, context)) {
          if (conditions.length > 0 && firstOn(run) < 0) continue
          const values = attributes.length === 0 ? {} : read(run.record)
          if (values === undefined) continue
          const key = attributes.length === 0 ? '' : valueToJson(values)
          const point = points.get(key)
          if (point) point[1]++
          else points.set(key, [values, 1])
        }
      }
      return [...points.values()]
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
    const { signal, name: usual } = kinds[section]
    const specs = Object.entries(config[section] ?? {})
    if (specs.length === 0) counts[signal].push(createCount(section, usual, {}, options))
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
