/**
 * One case of the language: statements (or one condition) and an OTLP/JSON record, and what comes out. `testdata` holds
 * such cases with the answers of the reference implementation; `ottl eval` answers them from the command line.
 *
 * Statements run on every record, a condition is asked of the first.
 */
import { decode } from '../../model/index.ts'
import type { Batch, Signal } from '../../model/index.ts'
import { compileConditions, compileStatements, OttlError, OttlSyntaxError } from '../program.ts'
import type { ErrorMode } from '../program.ts'
import type { ContextName } from '../contexts/tables.ts'
import { editBatch } from '../edit-batch.ts'
import { readRuns } from '../subjects.ts'
import { normalize } from './normalize.ts'

export interface Case {
  readonly id: string
  readonly statements?: readonly string[]
  readonly conditions?: readonly string[]
  readonly condition?: string
  readonly error_mode?: ErrorMode
  readonly strict?: boolean
  /** `log` when absent. */
  readonly context?: ContextName
  /** OTLP/JSON; one empty log record when absent. */
  readonly record?: unknown
}

export interface Answer {
  readonly id: string
  readonly ok: boolean
  readonly phase?: 'parse' | 'exec'
  readonly phase_any?: boolean
  readonly error?: string
  readonly result?: boolean
  readonly record?: unknown
}

const signals: Readonly<Partial<Record<ContextName, Signal>>> = {
  span: 'traces',
  spanevent: 'traces',
  metric: 'metrics',
  datapoint: 'metrics',
}
const roots: Readonly<Record<Signal, string>> = {
  logs: 'resourceLogs',
  traces: 'resourceSpans',
  metrics: 'resourceMetrics',
}

/** Resources and scopes are those of the signal the record is of. */
const signalOf = (context: ContextName, record: object): Signal =>
  signals[context] ?? (Object.keys(roots) as Signal[]).find((signal) => roots[signal] in record) ?? 'logs'

/** How the record reaches the statements: as it was read from JSON, or in protobuf, where edits go other ways. */
export type Layout = 'json' | 'protobuf'

const decoded = (context: ContextName, record: unknown, layout: Layout): Batch => {
  const signal = signalOf(context, (record ?? {}) as object)
  const batch = decode(signal, 'otlp_json', Buffer.from(JSON.stringify(record)))
  return layout === 'json' ? batch : decode(signal, 'otlp_proto', Buffer.concat(batch.encode('otlp_proto')))
}
const empty = { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] }

const failed = (id: string, thrown: unknown): Answer => {
  if (thrown instanceof OttlSyntaxError) return { id, ok: false, phase: 'parse', error: thrown.message }
  if (thrown instanceof OttlError) return { id, ok: false, phase: 'exec', error: thrown.message }
  throw thrown
}

const ask = (
  condition: string,
  batch: Batch,
  options: { readonly strict: boolean; readonly context: ContextName },
): boolean => {
  const { problems, firstOn } = compileConditions([condition], options)
  if (problems.length > 0) throw new OttlSyntaxError(problems)
  const [run] = batch.count === 0 ? [] : readRuns(batch.signal, batch.at(0), options.context)
  return run !== undefined && firstOn(run) === 0
}

export const runCase = (
  { id, statements = [], conditions, condition, error_mode, strict = false, context = 'log', record = empty }: Case,
  layout: Layout = 'json',
): Answer => {
  try {
    const batch = decoded(context, record, layout)
    if (condition !== undefined) return { id, ok: true, result: ask(condition, batch, { strict, context }) }
    const program = compileStatements(statements, {
      strict,
      context,
      ...(conditions ? { conditions } : {}),
      ...(error_mode ? { errorMode: error_mode } : {}),
    })
    if (program.problems.length > 0) throw new OttlSyntaxError(program.problems)
    const { changed, error } = editBatch(batch, [program])
    if (error !== undefined) throw error
    // A batch without records has no text: what came is what goes.
    if (batch.count === 0) return { id, ok: true, record: normalize(record) }
    return { id, ok: true, record: normalize(JSON.parse(Buffer.concat(changed.encode('otlp_json')).toString())) }
  } catch (thrown) {
    return failed(id, thrown)
  }
}
