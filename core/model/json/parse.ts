/** JSON texts as values, through the same scanner as lines. */
import { asBytes } from '../bytes.ts'
import type { Value } from '../types.ts'
import { Scanner } from './scan.ts'
import { valueAt } from './tape.ts'

const NEWLINE = /\n/g

/**
 * The value a JSON text holds, losing nothing: int64 stay exact, 1.0 stays a double, the first of duplicate keys counts.
 * Throws `SyntaxError`.
 */
export const valueFromJson = (text: string): Value => {
  const scanner = new Scanner()
  let bytes = asBytes(Buffer.from(`${text}\n`))
  let end = scanner.scan(bytes, 0)
  if (end !== bytes.length - 1) {
    // Pretty-printed, or broken: between tokens a newline is a blank, inside a string it is an error either way.
    JSON.parse(text)
    bytes = asBytes(Buffer.from(`${text.replaceAll(NEWLINE, ' ')}\n`))
    end = scanner.scan(bytes, 0)
  }
  if (end !== bytes.length - 1) throw new SyntaxError(scanner.reason)
  return valueAt(bytes, scanner.words, 0)
}
