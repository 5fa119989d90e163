/** Checks that two outputs hold the same records in the same order, whatever the spelling of their JSON. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'

/** The records of one line of output. */
export type RecordsOf = (line: string) => readonly unknown[]

const oneALine: RecordsOf = (line) => [JSON.parse(line)]

const recordsOf = async function* (file: string, read: RecordsOf): AsyncGenerator {
  for await (const line of createInterface({ input: createReadStream(file) })) yield* read(line)
}

/** How many records are equal; the first difference as a sentence. `expected` has one record a line. */
export const compare = async (
  expected: string,
  actual: string,
  read: RecordsOf = oneALine,
): Promise<{ readonly count: number; readonly problem?: string }> => {
  const [a, b] = [recordsOf(expected, oneALine), recordsOf(actual, read)]
  for (let count = 0; ; count++) {
    let left: IteratorResult<unknown>
    let right: IteratorResult<unknown>
    try {
      ;[left, right] = await Promise.all([a.next(), b.next()])
    } catch (error) {
      return { count, problem: `after ${count} equal records: ${String(error)}` }
    }
    if (left.done && right.done) return { count }
    if (left.done || right.done)
      return { count, problem: `${left.done ? 'more' : 'fewer'} records than expected: ${count} are equal` }
    if (!isDeepStrictEqual(left.value, right.value))
      return { count, problem: `record ${count + 1} differs: ${JSON.stringify(right.value).slice(0, 300)}` }
  }
}
