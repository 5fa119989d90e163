/** What tests say at the end: every failure with its place and the difference, then one line of counts. */
import { renderProblem } from '../../config/index.ts'
import { problems } from '../../config/problems.ts'
import type { Span } from '../../config/source.ts'
import type { Paint } from '../view/paint.ts'
import { showChanges } from './difference.ts'
import type { Change } from './difference.ts'

export interface Failure {
  readonly message: string
  readonly span: Span
  readonly changes: readonly Change[]
}

export interface Verdict {
  readonly name: string
  readonly failures: readonly Failure[]
}

export const placed = ({ message, span }: Pick<Failure, 'message' | 'span'>) => {
  const list = problems()
  list.add({ message, span })
  return list.all()[0]!
}

export const showVerdict = (file: string, { name, failures }: Verdict, color: Paint): string => {
  if (failures.length === 0) return `${color('green', '✓')} ${file}: ${name}\n`
  const shown = failures.map((failure) => {
    const difference = failure.changes.length === 0 ? '' : `\n${showChanges(failure.changes, color, '    ')}`
    return renderProblem(placed(failure)) + difference
  })
  return `${color('red', '✗')} ${file}: ${name}\n${shown.join('\n')}\n`
}

export const verdictJson = (file: string, { name, failures }: Verdict): unknown => ({
  file,
  name,
  ok: failures.length === 0,
  failures: failures.map((failure) => ({
    message: failure.message,
    position: placed(failure).position,
    changes: failure.changes,
  })),
})

export const counts = (passed: number, failed: number): string => `${passed} passed, ${failed} failed`
