/**
 * `ottl eval`: cases of the language on the standard input, one JSON object a line, answers on the standard output in the
 * same order. What is no case is answered too (`phase` is `case`), so that input and output stay in step.
 */
import { CollectorError } from '../../kit/errors.ts'
import { runCase } from '../../ottl/case/run-case.ts'
import type { Case } from '../../ottl/case/run-case.ts'
import { contextNames } from '../../ottl/contexts/tables.ts'
import { toJson } from '../../control/json.ts'
import { exitCode } from '../exit-codes.ts'
import { wholeLines } from '../given-files.ts'
import type { Io } from '../verb.ts'

const isTexts = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOneOf = (value: unknown, known: readonly string[]): boolean =>
  value === undefined || (typeof value === 'string' && known.includes(value))

const errorModes = ['propagate', 'ignore', 'silent']

/** What is wrong with the members of a case that say how it runs. */
const settingMistakeIn = ({ error_mode, strict, context, record }: Record<string, unknown>): string | undefined => {
  if (!isOneOf(error_mode, errorModes)) return `error_mode is one of ${errorModes.join(', ')}`
  if (strict !== undefined && typeof strict !== 'boolean') return 'strict is true or false'
  if (!isOneOf(context, contextNames)) return `context is one of ${contextNames.join(', ')}`
  return record === undefined || isObject(record) ? undefined : 'record is OTLP/JSON, an object'
}

/** What is wrong with a line that should be a case. */
const mistakeIn = (given: unknown): string | undefined => {
  if (!isObject(given)) return 'a case is a JSON object'
  const { statements, conditions, condition } = given
  if (!isTexts(statements) || !isTexts(conditions)) return 'statements and conditions are lists of strings'
  if (condition !== undefined && typeof condition !== 'string') return 'condition is a string'
  if (statements === undefined && condition === undefined) return 'a case has statements or a condition'
  return settingMistakeIn(given)
}

/** Integers that a number would round as text: OTLP/JSON takes either. */
const exact = (key: string, value: unknown, context?: { readonly source?: string }): unknown => {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value) && key !== 'doubleValue'
  return isRounded && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value
}

const answer = (line: string, number: number): unknown => {
  let given: unknown
  try {
    given = JSON.parse(line, exact)
  } catch (thrown) {
    return {
      id: null,
      ok: false,
      phase: 'case',
      error: `line ${number} is no JSON: ${(thrown as Error).message}`,
    }
  }
  const id = (given as { readonly id?: unknown } | null)?.id ?? null
  const mistake = mistakeIn(given)
  if (mistake !== undefined) return { id, ok: false, phase: 'case', error: `line ${number}: ${mistake}` }
  try {
    return runCase(given as Case)
  } catch (thrown) {
    if (!(thrown instanceof CollectorError)) throw thrown
    return { id, ok: false, phase: 'case', error: `line ${number}: ${thrown.message}` }
  }
}

export const evaluate = async (io: Io): Promise<number> => {
  if (io.input === undefined)
    throw new CollectorError('usage', 'ottl eval reads cases from its input: seneca-collector ottl eval < cases.ndjson')
  let number = 0
  for await (const run of wholeLines(io.input)) {
    for (const line of run.toString('utf8').replace(/\n$/, '').split('\n')) {
      number++
      if (io.signal.aborted) return exitCode('ok')
      if (line.trim() !== '') await io.out(`${toJson(answer(line, number))}\n`)
    }
  }
  return exitCode('ok')
}
