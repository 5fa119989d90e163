/** Values as other types, by the rules of the `convert` action. Undefined where there is no such value: it stays as it is. */
import { Double, intValue, kindOf } from '../model/index.ts'
import type { Value } from '../model/index.ts'

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const SPECIAL = /^([+-]?)inf(?:inity)?$/i

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
      const text = value as string
      if (DECIMAL.test(text)) return asDouble(Number(text))
      const special = SPECIAL.exec(text)
      if (special) return special[1] === '-' ? -Infinity : Infinity
      return /^nan$/i.test(text) ? Number.NaN : undefined
    }
    default:
      return undefined
  }
}
