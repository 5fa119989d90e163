/**
 * All policies together, those that drop first:
 *
 *   one says drop    → left out
 *   one says sample  → passes
 *   otherwise        → left out
 */
import type { Candidate, Policy } from './policies.ts'

export interface Decision {
  readonly sampled: boolean
  /** The policy that decided; undefined when none wanted the trace. */
  readonly policy: string | undefined
}

export const createDecide = (
  policies: readonly Policy[],
  firstMatch: boolean,
): ((trace: Candidate, nowMs: number) => Decision) => {
  const inOrder = policies.toSorted((a, b) => Number(b.drops) - Number(a.drops))
  return (trace, nowMs) => {
    let by: string | undefined
    for (const { name, evaluate } of inOrder) {
      const verdict = evaluate(trace, nowMs)
      if (verdict === 'drop') return { sampled: false, policy: name }
      if (verdict === 'sample') by ??= name
      if (firstMatch && verdict === 'sample') break
    }
    return { sampled: by !== undefined, policy: by }
  }
}
