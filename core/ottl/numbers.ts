/**
 * int64 and double as the record model holds them: whole numbers within 2^53 are `number`, wider int64 `bigint`,
 * fractional doubles `number`, whole doubles `Double`. Arithmetic wraps as two's complement does.
 */
import { Double } from '../model/index.ts'

export type Int = number | bigint
export type Float = number | Double

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)
export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n

/** A bigint as an int64, wrapped. */
export const int64 = (value: bigint): Int => {
  const wrapped = BigInt.asIntN(64, value)
  return wrapped >= -SAFE_MAX && wrapped <= SAFE_MAX ? Number(wrapped) : wrapped
}

/** A whole number that may be beyond 2^53 as an int64. */
export const intFrom = (value: number): Int => (Number.isSafeInteger(value) ? value + 0 : int64(BigInt(value)))

export const double = (value: number): Float => (Number.isInteger(value) ? new Double(value) : value)

export const isInt = (value: unknown): value is Int =>
  typeof value === 'number' ? Number.isInteger(value) : typeof value === 'bigint'

export const isFloat = (value: unknown): value is Float =>
  typeof value === 'number' ? !Number.isInteger(value) : value instanceof Double

/** A double from an int64 (rounded) or a double. */
export const toNumber = (value: Int | Float): number =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : value.value

/** Go's conversion of a float64 to int64 on amd64: what does not fit becomes the least int64. */
export const truncateToInt = (value: number): Int => {
  if (Number.isNaN(value) || value >= 2 ** 63 || value < -(2 ** 63)) return INT64_MIN
  return intFrom(Math.trunc(value))
}
