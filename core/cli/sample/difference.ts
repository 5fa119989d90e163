/** Two lists of facts, compared and shown: `-` what is not there any more (or was expected), `+` what is there instead. */
import type { Paint } from '../view/paint.ts'
import { plain } from '../view/paint.ts'
import type { Facts } from './facts.ts'

export interface Change {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** In the order of `before`, then what is new. With `partial`, what only `after` says is no change. */
export const changesBetween = (before: Facts, after: Facts, partial = false): readonly Change[] => {
  const changes: Change[] = []
  for (const [path, text] of before) {
    const now = after.get(path)
    if (now !== text) changes.push({ path, before: text, after: now })
  }
  if (!partial)
    for (const [path, text] of after) if (!before.has(path)) changes.push({ path, before: undefined, after: text })
  return changes
}

export const showChanges = (changes: readonly Change[], color: Paint, indent = '  '): string =>
  changes
    .flatMap(({ path, before, after }) => [
      ...(before === undefined ? [] : [color('red', `${indent}- ${plain(`${path}: ${before}`)}`)]),
      ...(after === undefined ? [] : [color('green', `${indent}+ ${plain(`${path}: ${after}`)}`)]),
    ])
    .join('\n')
