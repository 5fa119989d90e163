/** Arithmetic: int64 with wrap-around, doubles, instants and durations. */
import type { MathOperator } from './ast.ts'
import { double, INT64_MAX, INT64_MIN, int64, isFloat, isInt, toNumber } from './numbers.ts'
import type { Float, Int } from './numbers.ts'
import { Duration, Failure, Time, typeName } from './values.ts'
import type { Evaluated } from './values.ts'

const DIVIDED_BY_ZERO = 'attempted to divide by 0'

const ints = (a: Int, b: Int, operator: MathOperator): Int => {
  if (operator === '/' && (b === 0 || b === 0n)) throw new Failure(DIVIDED_BY_ZERO)
  if (typeof a === 'number' && typeof b === 'number') {
    const result = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : (a - (a % b)) / b
    // Adding zero turns -0, which no int64 is, into 0.
    if (Number.isSafeInteger(result)) return result + 0
  }
  const left = BigInt(a)
  const right = BigInt(b)
  return int64(
    operator === '+' ? left + right : operator === '-' ? left - right : operator === '*' ? left * right : left / right,
  )
}

const doubles = (a: number, b: number, operator: MathOperator): Float => {
  switch (operator) {
    case '+':
      return double(a + b)
    case '-':
      return double(a - b)
    case '*':
      return double(a * b)
    case '/':
      if (b === 0) throw new Failure(DIVIDED_BY_ZERO)
      return double(a / b)
  }
}

const clamp = (nanos: bigint): bigint => (nanos > INT64_MAX ? INT64_MAX : nanos < INT64_MIN ? INT64_MIN : nanos)

const withTime = (a: Time, b: Evaluated, operator: MathOperator): Evaluated => {
  if (operator === '+') {
    if (b instanceof Duration) return new Time(a.nanos + b.nanos, a.zone)
    throw new Failure(`only a duration can be added to a time, not a ${typeName(b)}`)
  }
  if (operator === '-') {
    if (b instanceof Time) return new Duration(clamp(a.nanos - b.nanos))
    if (b instanceof Duration) return new Time(a.nanos + BigInt.asIntN(64, -b.nanos), a.zone)
    throw new Failure(`only a time or duration can be subtracted from a time, not a ${typeName(b)}`)
  }
  throw new Failure('times and durations can only be added and subtracted')
}

const withDuration = (a: Duration, b: Evaluated, operator: MathOperator): Evaluated => {
  if (operator === '+') {
    if (b instanceof Duration) return new Duration(a.nanos + b.nanos)
    if (b instanceof Time) return new Time(b.nanos + a.nanos, b.zone)
    throw new Failure(`only a duration or time can be added to a duration, not a ${typeName(b)}`)
  }
  if (operator === '-') {
    if (b instanceof Duration) return new Duration(a.nanos - b.nanos)
    throw new Failure(`only a duration can be subtracted from a duration, not a ${typeName(b)}`)
  }
  throw new Failure('times and durations can only be added and subtracted')
}

export const calculate = (a: Evaluated, b: Evaluated, operator: MathOperator): Evaluated => {
  if (isInt(a) || isFloat(a)) {
    if (isInt(b)) return isInt(a) ? ints(a, b, operator) : doubles(toNumber(a), toNumber(b), operator)
    if (isFloat(b)) return doubles(toNumber(a), toNumber(b), operator)
    throw new Failure(`a ${typeName(b)} must be an int or a double to be calculated with`)
  }
  if (a instanceof Time) return withTime(a, b, operator)
  if (a instanceof Duration) return withDuration(a, b, operator)
  throw new Failure(`a ${typeName(a)} must be an int, double, time or duration to be calculated with`)
}

export const negate = (value: Evaluated): Evaluated => {
  if (isInt(value)) return typeof value === 'number' ? 0 - value : int64(-value)
  if (isFloat(value)) return double(-toNumber(value))
  throw new Failure(`a ${typeName(value)} has no negative`)
}
