import { canonical } from './normalize.ts'
import type { Answer } from './run-case.ts'

/** Why an answer is not the expected one; undefined when it is. */
export const difference = (answer: Answer, expected: Answer): string | undefined => {
  if (answer.ok !== expected.ok)
    return `ok is ${answer.ok} (${answer.error ?? ''}), expected ${expected.ok} (${expected.error ?? ''})`
  if (!answer.ok)
    return answer.phase === expected.phase || expected.phase_any
      ? undefined
      : `failed in ${answer.phase} (${answer.error}), expected ${expected.phase} (${expected.error})`
  if (answer.result !== expected.result) return `gave ${answer.result}, expected ${expected.result}`
  const [ours, theirs] = [answer.record, expected.record].map((record) => canonical(record))
  return ours === theirs ? undefined : `record ${ours}\nexpected ${theirs}`
}
