/**
 * Leaves out the records a condition holds for, each counted under the condition that did it. Nothing is decoded but what the
 * conditions name; what stays is handed on as the bytes it came in.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, CollectorError, ConfigProblem, Infer, LogRecord } from 'seneca-collector'
import { compileConditions, failureReporter, OttlError, toConfigProblems } from 'seneca-collector/ottl'
import type { ContextName, ErrorMode, ProgramOptions } from 'seneca-collector/ottl'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>

interface Group {
  readonly at: readonly (string | number)[]
  readonly conditions: readonly string[]
  readonly context: ContextName
  readonly errorMode: ErrorMode
}

const byContext = [
  ['resource', 'resource'],
  ['scope', 'scope'],
  ['log_record', 'log'],
  ['event', 'event'],
] as const

const groupsOf = (config: Config): readonly Group[] => {
  const errorMode = config.error_mode
  const older = byContext.map(([key, context]) => ({
    at: ['logs', key],
    conditions: config.logs[key],
    context,
    errorMode,
  }))
  const newer = config.log_conditions.map((entry, i): Group => {
    if (typeof entry === 'string') return { at: ['log_conditions', i], conditions: [entry], context: 'log', errorMode }
    return {
      at: ['log_conditions', i, 'conditions'],
      conditions: entry.conditions,
      context: entry.context ?? 'log',
      errorMode: entry.error_mode ?? errorMode,
    }
  })
  return [...older, ...newer].filter((group) => group.conditions.length > 0)
}

const compile = ({ conditions, context, errorMode }: Group, options: ProgramOptions = {}) =>
  compileConditions(conditions, { ...options, context, errorMode })

/** The rule that leaves a record out; undefined when it stays. Throws OttlError where a condition fails under `propagate`. */
type Judge = (record: LogRecord) => string | undefined

const judgeOf = (groups: readonly Group[], options: ProgramOptions): Judge => {
  const compiled = groups.map((group) => ({ first: compile(group, options).first, rules: group.conditions }))
  return (record) => {
    for (const { first, rules } of compiled) {
      const match = first(record)
      if (match >= 0) return rules[match]
    }
    return undefined
  }
}

const refusedSignals = [
  'traces',
  'metrics',
  'spans',
  'profiles',
  'trace_conditions',
  'metric_conditions',
  'profile_conditions',
] as const

const isSingle = (group: Group): boolean => group.at.length === 2 && group.at[0] === 'log_conditions'

export default definePlugin({
  kind: 'processor',
  type: 'filter',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Leaves out the records that a condition holds for.',
  schema,
  examples: [
    {
      title: 'Drop debug records and heartbeats',
      yaml: `logs:\n  log_record:\n    - severity_number < SEVERITY_NUMBER_INFO\n    - event_name == "agent.heartbeat"`,
    },
    {
      title: 'The newer form',
      yaml: `error_mode: ignore\nlog_conditions:\n  - log.attributes["env"] == "test"\n  - context: event\n    conditions:\n      - type == "mcp.tool.result" and data["tool"] == "ping"`,
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    for (const signal of refusedSignals) {
      if (config[signal] === undefined) continue
      yield { path: [signal], message: 'only log records are filtered today; use logs or log_conditions' }
    }
    for (const group of groupsOf(config))
      yield* toConfigProblems(group.at, compile(group).problems, { single: isSingle(group) })
  },
  create(ctx, config) {
    const judge = judgeOf(groupsOf(config), { onError: failureReporter(ctx), now: () => ctx.clock.nanos() })
    return {
      async consume(given, signal) {
        const batch = given as Batch<'logs'>
        const left = new Map<string, number>()
        const failed = new Set<number>()
        let error: CollectorError | undefined
        const kept = batch.filter((record, i) => {
          try {
            const rule = judge(record)
            if (rule === undefined) return true
            left.set(rule, (left.get(rule) ?? 0) + 1)
          } catch (thrown) {
            if (!(thrown instanceof OttlError)) throw thrown
            error ??= thrown
            failed.add(i)
          }
          return false
        })
        for (const [rule, count] of left) ctx.filtered(count, rule)
        if (error !== undefined)
          ctx.refused(
            batch.filter((_, i) => failed.has(i)),
            error,
          )
        if (kept.count > 0) await ctx.next(kept, signal)
      },
    }
  },
})
