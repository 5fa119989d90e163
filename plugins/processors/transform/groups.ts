/** The options as groups of statements, each with its context and its place in the configuration. */
import type { ConfigProblem, Infer, Signal } from 'seneca-collector'
import { compileStatements, inferContext, toConfigProblems } from 'seneca-collector/ottl'
import type { ContextName, Program, ProgramOptions } from 'seneca-collector/ottl'
import type { schema } from './schema.ts'

type Config = Infer<typeof schema>

export const lists = {
  logs: 'log_statements',
  traces: 'trace_statements',
  metrics: 'metric_statements',
} as const satisfies Record<Signal, keyof Config>

interface Entry {
  readonly context?: ContextName
  readonly conditions?: readonly string[]
  readonly statements: readonly string[]
  readonly error_mode?: Config['error_mode']
}

export interface Group {
  readonly signal: Signal
  /** Where the statements and conditions stand in the options. */
  readonly statementsAt: readonly (string | number)[]
  readonly conditionsAt: readonly (string | number)[]
  /** Index of the first statement in its list. */
  readonly first: number
  readonly statements: readonly string[]
  readonly options: ProgramOptions
}

/** What paths that name no context are of: in logs the record, elsewhere they have to name one. */
const naming = (
  signal: Signal,
  given: ContextName | undefined,
  statements: readonly string[],
  conditions: readonly string[],
): ProgramOptions => {
  if (given !== undefined) return { context: given }
  const context = inferContext(signal, statements, conditions)
  if (signal === 'logs') return { context: context ?? 'log' }
  return { context: context ?? (signal === 'traces' ? 'span' : 'metric'), strict: true }
}

/** Neighbouring plain statements are one group, so that they share one cache, as the statements of a group do. */
const groupsIn = (config: Config, signal: Signal): readonly Group[] => {
  const list = lists[signal]
  const entries = (config[list] ?? []) as readonly (string | Entry)[]
  const groups: Group[] = []
  let plain: { readonly first: number; readonly statements: string[] } | undefined
  const close = (): void => {
    if (plain === undefined) return
    const options = { errorMode: config.error_mode, ...naming(signal, undefined, plain.statements, []) }
    groups.push({ signal, statementsAt: [list], conditionsAt: [list], ...plain, options })
    plain = undefined
  }
  entries.forEach((entry, i) => {
    if (typeof entry === 'string') {
      plain ??= { first: i, statements: [] }
      plain.statements.push(entry)
      return
    }
    close()
    const { statements, conditions = [], context, error_mode: errorMode = config.error_mode } = entry
    groups.push({
      signal,
      statementsAt: [list, i, 'statements'],
      conditionsAt: [list, i, 'conditions'],
      first: 0,
      statements,
      options: { conditions, errorMode, ...naming(signal, context, statements, conditions) },
    })
  })
  close()
  return groups
}

export const groupsOf = (config: Config): readonly Group[] =>
  (Object.keys(lists) as Signal[]).flatMap((signal) => groupsIn(config, signal))

export const compileGroup = (group: Group, options: ProgramOptions): Program =>
  compileStatements(group.statements, { ...group.options, ...options })

export const problemsOf = ({
  statementsAt,
  conditionsAt,
  first,
  statements,
  options,
}: Group): readonly ConfigProblem[] => {
  const { conditions = [], ...rest } = options
  const own = compileStatements(statements, rest).problems
  const guards = compileStatements([], { ...rest, conditions }).problems
  return [
    ...toConfigProblems(
      statementsAt,
      own.map((problem) => ({ ...problem, index: problem.index + first })),
    ),
    ...toConfigProblems(conditionsAt, guards),
  ]
}
