/** The options as groups of conditions, each with its context and its place in the configuration. */
import type { ConfigProblem, Infer, Signal } from 'seneca-collector'
import { compileConditions, inferContext, toConfigProblems } from 'seneca-collector/ottl'
import type { Conditions, ContextName, ProgramOptions } from 'seneca-collector/ottl'
import type { schema } from './schema.ts'

type Config = Infer<typeof schema>

export interface Group {
  readonly signal: Signal
  readonly at: readonly (string | number)[]
  /** `at` is the condition itself, not a list of them. */
  readonly single: boolean
  readonly conditions: readonly string[]
  readonly options: ProgramOptions
}

/** Resources first: what leaves with its resource is looked at no further. */
const older: Readonly<Record<Signal, readonly (readonly [key: string, context: ContextName])[]>> = {
  logs: [
    ['resource', 'resource'],
    ['scope', 'scope'],
    ['log_record', 'log'],
    ['event', 'event'],
  ],
  traces: [
    ['resource', 'resource'],
    ['scope', 'scope'],
    ['span', 'span'],
    ['spanevent', 'spanevent'],
  ],
  metrics: [
    ['resource', 'resource'],
    ['scope', 'scope'],
    ['metric', 'metric'],
    ['datapoint', 'datapoint'],
  ],
}

const newer = { logs: 'log_conditions', traces: 'trace_conditions', metrics: 'metric_conditions' } as const

interface Entry {
  readonly context?: ContextName
  readonly conditions: readonly string[]
  readonly error_mode?: Config['error_mode']
}

const naming = (signal: Signal, given: ContextName | undefined, conditions: readonly string[]): ProgramOptions => {
  if (given !== undefined) return { context: given }
  const context = inferContext(signal, [], conditions)
  if (signal === 'logs') return { context: context ?? 'log' }
  return { context: context ?? (signal === 'traces' ? 'span' : 'metric'), strict: true }
}

const groupsIn = (config: Config, signal: Signal): readonly Group[] => {
  const errorMode = config.error_mode
  const lists = (config[signal] ?? {}) as Readonly<Record<string, readonly string[] | undefined>>
  const named = older[signal].map(([key, context]): Group => {
    const conditions = lists[key] ?? []
    return { signal, at: [signal, key], single: false, conditions, options: { context, errorMode } }
  })
  const list = newer[signal]
  const entries = (config[list] ?? []) as readonly (string | Entry)[]
  const grouped = entries.map((entry, i): Group => {
    const {
      conditions,
      context,
      error_mode: own = errorMode,
    }: Entry = typeof entry === 'string' ? { conditions: [entry] } : entry
    const single = typeof entry === 'string'
    const at = single ? [list, i] : [list, i, 'conditions']
    return { signal, at, single, conditions, options: { errorMode: own, ...naming(signal, context, conditions) } }
  })
  return [...named, ...grouped].filter((group) => group.conditions.length > 0)
}

export const groupsOf = (config: Config): readonly Group[] =>
  (['logs', 'traces', 'metrics'] as const).flatMap((signal) => groupsIn(config, signal))

export const compileGroup = (group: Group, options: ProgramOptions = {}): Conditions =>
  compileConditions(group.conditions, { ...group.options, ...options })

export const problemsOf = (group: Group): readonly ConfigProblem[] =>
  toConfigProblems(group.at, compileGroup(group).problems, { single: group.single })
