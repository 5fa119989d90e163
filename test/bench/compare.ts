/** Checks that two outputs hold the same records in the same order, whatever the spelling of their JSON. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'

const linesOf = (file: string): AsyncIterator<string> =>
  createInterface({ input: createReadStream(file) })[Symbol.asyncIterator]()

/** How many records are equal; the first difference as a sentence. */
export const compare = async (
  expected: string,
  actual: string,
): Promise<{ readonly count: number; readonly problem?: string }> => {
  const [a, b] = [linesOf(expected), linesOf(actual)]
  for (let count = 0; ; count++) {
    const [left, right] = await Promise.all([a.next(), b.next()])
    if (left.done && right.done) return { count }
    if (left.done || right.done)
      return { count, problem: `${left.done ? 'more' : 'fewer'} records than expected: ${count} are equal` }
    if (!isSame(left.value, right.value))
      return { count, problem: `record ${count + 1} differs: ${right.value.slice(0, 300)}` }
  }
}

const isSame = (left: string, right: string): boolean => {
  try {
    return isDeepStrictEqual(JSON.parse(left), JSON.parse(right))
  } catch {
    return false
  }
}
