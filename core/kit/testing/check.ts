/** Two assertions that need no test runner. */
import { isDeepStrictEqual, inspect } from 'node:util'

export function check(ok: boolean, message: string): asserts ok {
  if (!ok) throw new Error(message)
}

export const equal = (actual: unknown, expected: unknown, what: string): void => {
  check(isDeepStrictEqual(actual, expected), `${what}: expected ${inspect(expected)}, got ${inspect(actual)}`)
}
