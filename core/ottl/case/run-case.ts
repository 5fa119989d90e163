/**
 * One case of the language: statements (or one condition) and an OTLP/JSON record, and what comes out. `testdata` holds
 * such cases with the answers of the reference implementation; `ottl eval` answers them from the command line.
 *
 * Statements run on every record, a condition is asked of the first.
 */
import { decode } from '../../model/index.ts'
import type { Batch } from '../../model/index.ts'
import { compileCondition, compileStatements, OttlError, OttlSyntaxError } from '../index.ts'
import type { ErrorMode } from '../index.ts'
import { normalize } from './normalize.ts'

export interface Case {
  readonly id: string
  readonly statements?: readonly string[]
  readonly conditions?: readonly string[]
  readonly condition?: string
  readonly error_mode?: ErrorMode
  readonly strict?: boolean
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

const decoded = (record: unknown): Batch<'logs'> => decode('logs', 'otlp_json', Buffer.from(JSON.stringify(record)))
const empty = { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] }

const failed = (id: string, thrown: unknown): Answer => {
  if (thrown instanceof OttlSyntaxError) return { id, ok: false, phase: 'parse', error: thrown.message }
  if (thrown instanceof OttlError) return { id, ok: false, phase: 'exec', error: thrown.message }
  throw thrown
}

export const runCase = ({
  id,
  statements = [],
  conditions,
  condition,
  error_mode,
  strict = false,
  record = empty,
}: Case): Answer => {
  try {
    const batch = decoded(record)
    if (condition !== undefined) return { id, ok: true, result: compileCondition(condition, { strict })(batch.at(0)) }
    const options = { strict, ...(conditions ? { conditions } : {}), ...(error_mode ? { errorMode: error_mode } : {}) }
    const program = compileStatements(statements, options)
    if (program.problems.length > 0) throw new OttlSyntaxError(program.problems)
    const out = batch.edit((draft) => program.run(draft)).encode('otlp_json')
    return { id, ok: true, record: normalize(JSON.parse(Buffer.concat(out).toString())) }
  } catch (thrown) {
    return failed(id, thrown)
  }
}
