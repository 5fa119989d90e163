/** Values as other types, by the rules of the `convert` action. Undefined where there is no such value: it stays as it is. */
import { Double, intValue, kindOf } from '../model/index.ts'
import type { Value } from '../model/index.ts'
import { parseDouble } from '../ottl/index.ts'

const INTEGER = /^[+-]?\d+$/

const asDouble = (value: number): number | Double => (Number.isInteger(value) ? new Double(value) : value)

export const toInt = (value: Value): Value | undefined => {
  switch (kindOf(value)) {
    case 'double': {
      const whole = Math.trunc(Number(value))
      return Number.isFinite(whole) ? intValue(BigInt(whole)) : undefined
    }
    case 'bool':
      return value === true ? 1 : 0
    case 'string':
      return INTEGER.test(value as string) ? intValue(BigInt((value as string).replace(/^\+/, ''))) : undefined
    default:
      return undefined
  }
}

export const toDouble = (value: Value): Value | undefined => {
  switch (kindOf(value)) {
    case 'int':
      return asDouble(Number(value))
    case 'bool':
      return asDouble(value === true ? 1 : 0)
    case 'string': {
      const parsed = parseDouble(value as string)
      return parsed === undefined ? undefined : asDouble(parsed)
    }
    default:
      return undefined
  }
}
