/**
 * How a component tells of mistakes and failures: problems as the configuration shows them, failures on records as a
 * counter and one log line a statement and minute.
 */
import type { Context } from '../kit/context.ts'
import type { ConfigProblem } from '../kit/plugin.ts'
import type { OttlProblem } from './problem.ts'

/** `path` leads to the list the statements stand in, or with `single` to the one text. */
export const toConfigProblems = (
  path: readonly (string | number)[],
  problems: readonly OttlProblem[],
  shift: { readonly single?: boolean; readonly offset?: number } = {},
): readonly ConfigProblem[] =>
  problems.map(({ index, message, offset, length, suggestion }) => ({
    path: shift.single ? path : [...path, index],
    message,
    offset: offset + (shift.offset ?? 0),
    length,
    ...(suggestion === undefined ? {} : { suggestion }),
  }))

const EVERY_MS = 60_000

/** For `onError`: counts every failure, and logs the first of each statement and then at most one a minute. */
export const failureReporter = (
  ctx: Pick<Context, 'log' | 'meter' | 'clock'>,
): ((failed: { readonly source: string; readonly message: string }) => void) => {
  const counter = ctx.meter.counter('seneca_ottl_errors', {
    description: 'Statements and conditions that failed on a record and were passed over.',
    unit: '{errors}',
  })
  // One entry a statement of the configuration.
  const last = new Map<string, { at: number; unsaid: number }>()
  return ({ source, message }) => {
    counter.add(1)
    const seen = last.get(source)
    const now = ctx.clock.monotonic()
    if (seen !== undefined && now - seen.at < EVERY_MS) {
      seen.unsaid++
      return
    }
    last.set(source, { at: now, unsaid: 0 })
    ctx.log.warn('a statement failed and was passed over', {
      statement: source,
      reason: message,
      unsaid: seen?.unsaid ?? 0,
    })
  }
}
