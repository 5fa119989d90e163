/**
 * All policies together:
 *
 *   one says drop                         → left out
 *   one says inverted: not                → left out
 *   one says sample                       → passes
 *   one says inverted: sample, none: not  → passes
 *   otherwise                             → left out
 */
import type { Candidate, Policy, Verdict } from './policies.ts'

export interface Decision {
  readonly sampled: boolean
  /** The policy that decided; undefined when none wanted the trace. */
  readonly policy: string | undefined
}

export const createDecide =
  (policies: readonly Policy[], firstMatch: boolean) =>
  (trace: Candidate, nowMs: number): Decision => {
    const by = new Map<Verdict, string>()
    for (const policy of policies) {
      const { name } = policy
      const verdict = policy.evaluate(trace, nowMs)
      if (verdict === 'drop') return { sampled: false, policy: name }
      if (!by.has(verdict)) by.set(verdict, name)
      if (firstMatch && verdict === 'sample') break
    }
    if (by.has('invert_not_sample')) return { sampled: false, policy: by.get('invert_not_sample') }
    if (by.has('sample')) return { sampled: true, policy: by.get('sample') }
    const inverted = by.get('invert_sample')
    return inverted !== undefined && !by.has('not_sample')
      ? { sampled: true, policy: inverted }
      : { sampled: false, policy: undefined }
  }
