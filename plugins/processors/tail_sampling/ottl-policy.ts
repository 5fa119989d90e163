/** `ottl_condition`: one of the conditions has to hold for a span of the trace, or for one of its events. */
import type { Batch } from 'seneca-collector'
import { compileConditions, readRuns } from 'seneca-collector/ottl'
import type { OttlOptions, OttlProblem } from 'seneca-collector/ottl'
import type { PolicyOptions, Test } from './policies.ts'

type Options = NonNullable<PolicyOptions['ottl_condition']>

const contexts = [
  ['span', 'span'],
  ['spanevent', 'spanevent'],
] as const satisfies readonly (readonly [keyof Options, OttlOptions['context']])[]

export function* conditionProblems(
  options: Options,
): Iterable<{ readonly key: 'span' | 'spanevent'; readonly problems: readonly OttlProblem[] }> {
  for (const [key, context] of contexts) yield { key, problems: compileConditions(options[key], { context }).problems }
}

/** Throws an OttlError where a condition fails under `propagate`. */
export const conditionTest = (options: Options): Test => {
  const compiled = contexts
    .filter(([key]) => options[key].length > 0)
    .map(([key, context]) => compileConditions(options[key], { context, errorMode: options.error_mode }))
  const holds = (batch: Batch<'traces'>): boolean => {
    for (const span of batch) {
      const fits = compiled.some(({ context, firstOn }) =>
        readRuns('traces', span, context).some((run) => firstOn(run) >= 0),
      )
      if (fits) return true
    }
    return false
  }
  return ({ batch }) => holds(batch)
}
