/**
 * Changes records with statements of the OpenTelemetry Transformation Language. Records that no statement changed are
 * handed on as the bytes they came in; a record a statement fails on under `propagate` is refused, the rest goes on.
 */
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Batch, CheckInfo, ConfigProblem, Draft, Infer } from 'seneca-collector'
import { compileStatements, failureReporter, OttlError, toConfigProblems } from 'seneca-collector/ottl'
import type { Program, ProgramOptions } from 'seneca-collector/ottl'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>
type Entry = NonNullable<Config['log_statements']>[number]

interface Group {
  /** Where the statements and conditions stand in the options. */
  readonly statementsAt: readonly (string | number)[]
  readonly conditionsAt: readonly (string | number)[]
  readonly statements: readonly string[]
  readonly options: ProgramOptions
}

/** Neighbouring plain statements are one group, so that they share one cache, as the statements of a group do. */
const groupsOf = (entries: readonly Entry[], errorMode: Config['error_mode']): readonly Group[] => {
  const groups: Group[] = []
  let plain: { readonly from: number; readonly statements: string[] } | undefined
  entries.forEach((entry, i) => {
    if (typeof entry === 'string') {
      if (plain === undefined) {
        plain = { from: i, statements: [] }
        groups.push({ statementsAt: [i], conditionsAt: [], statements: plain.statements, options: { errorMode } })
      }
      plain.statements.push(entry)
      return
    }
    plain = undefined
    groups.push({
      statementsAt: [i, 'statements'],
      conditionsAt: [i, 'conditions'],
      statements: entry.statements,
      options: {
        context: entry.context ?? 'log',
        conditions: entry.conditions ?? [],
        errorMode: entry.error_mode ?? errorMode,
      },
    })
  })
  return groups
}

const programsOf = (config: Config, options: ProgramOptions = {}): readonly Program[] =>
  groupsOf(config.log_statements, config.error_mode).map((group) =>
    compileStatements(group.statements, { ...group.options, ...options }),
  )

const groupProblems = ({ statementsAt, conditionsAt, statements, options }: Group): readonly ConfigProblem[] => {
  const { conditions = [], ...rest } = options
  const own = compileStatements(statements, rest).problems
  // Plain statements are indexed from the first of their run.
  const [first, ...deeper] = statementsAt as [number, ...string[]]
  const placed =
    deeper.length > 0
      ? toConfigProblems(['log_statements', ...statementsAt], own)
      : toConfigProblems(
          ['log_statements'],
          own.map((problem) => ({ ...problem, index: problem.index + first })),
        )
  const guards = compileStatements([], { ...rest, conditions }).problems
  return [...placed, ...toConfigProblems(['log_statements', ...conditionsAt], guards)]
}

const refusedSignals = ['trace_statements', 'metric_statements', 'profile_statements'] as const

export default definePlugin({
  kind: 'processor',
  type: 'transform',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Changes records with statements of the OpenTelemetry Transformation Language.',
  schema,
  examples: [
    {
      title: 'Plain statements',
      yaml: `error_mode: ignore
log_statements:
  - set(log.attributes["env"], "prod") where resource.attributes["service.name"] == "marcus"
  - replace_pattern(log.body, "token=\\\\S+", "token=***") where IsString(log.body)`,
    },
    {
      title: 'Groups with conditions, on events',
      yaml: `log_statements:
  - context: event
    conditions:
      - type == "task.completed"
    statements:
      - set(data["hours"], Double(data["minutes"]) / 60.0) where data["minutes"] != nil
      - delete_key(data, "minutes")`,
    },
  ],
  *check(config: Config, _info: CheckInfo): Iterable<ConfigProblem> {
    for (const signal of refusedSignals) {
      if ((config[signal]?.length ?? 0) === 0) continue
      yield { path: [signal], message: 'only log records are transformed today; use log_statements' }
    }
    for (const group of groupsOf(config.log_statements, config.error_mode)) yield* groupProblems(group)
  },
  create(ctx, config) {
    const programs = programsOf(config, { onError: failureReporter(ctx), now: () => ctx.clock.nanos() })
    const run = (draft: Draft): void => {
      for (const program of programs) program.run(draft)
    }
    return {
      async consume(batch, signal) {
        const { changed, failed, error } = transform(batch as Batch<'logs'>, run)
        if (error !== undefined)
          ctx.refused(
            (batch as Batch<'logs'>).filter((_, i) => failed.has(i)),
            error,
          )
        if (changed.count > 0) await ctx.next(changed, signal)
      },
    }
  },
})

interface Outcome {
  readonly changed: Batch<'logs'>
  readonly failed: ReadonlySet<number>
  /** Of the first record that failed. */
  readonly error: CollectorError | undefined
}

const transform = (batch: Batch<'logs'>, run: (draft: Draft) => void): Outcome => {
  const failed = new Set<number>()
  let error: CollectorError | undefined
  const changed = batch.edit((draft, i) => {
    try {
      run(draft)
    } catch (thrown) {
      if (!(thrown instanceof OttlError)) throw thrown
      error ??= thrown
      failed.add(i)
      draft.drop()
    }
  })
  return { changed, failed, error }
}
