/** `ParseSeverity`: a level from a text or number by a mapping written in the statement. */
import type { Value, ValueMap } from '../../model/index.ts'
import { isInt } from '../numbers.ts'
import type { Int } from '../numbers.ts'
import type { Get } from '../expression.ts'
import { Failure, isStoredList, isStoredMap, member, typeName } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { define } from './spec.ts'

interface Criterion {
  readonly equals: readonly Value[]
  readonly range: { readonly min: Int; readonly max: Int } | undefined
}

const classes: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  '2xx': { min: 200, max: 299 },
  '3xx': { min: 300, max: 399 },
  '4xx': { min: 400, max: 499 },
  '5xx': { min: 500, max: 599 },
}

const rangeOf = (value: Value): Criterion['range'] => {
  if (typeof value === 'string' && Object.hasOwn(classes, value)) return classes[value]!
  const min = isStoredMap(value) ? member(value, 'min') : undefined
  const max = isStoredMap(value) ? member(value, 'max') : undefined
  if (isInt(min) && isInt(max)) return { min, max }
  throw new Failure('a range is {"min": 400, "max": 499} with ints, or one of "2xx", "3xx", "4xx", "5xx"')
}

const criterionOf = (value: Value): Criterion => {
  if (!isStoredMap(value)) throw new Failure('a criterion is a map such as {"equals": ["err"]}')
  const equals = member(value, 'equals') ?? []
  if (!isStoredList(equals) || equals.some((each) => typeof each !== 'string'))
    throw new Failure('equals is a list of strings')
  const range = member(value, 'range')
  return { equals, range: range === undefined ? undefined : rangeOf(range) }
}

const levelsOf = (mapping: ValueMap): readonly (readonly [string, readonly Criterion[]])[] =>
  Object.entries(mapping).map(([level, criteria]) => {
    if (!isStoredList(criteria)) throw new Failure(`the criteria of ${level} are a list`)
    return [level, criteria.map(criterionOf)]
  })

const meets = ({ equals, range }: Criterion, value: Evaluated): boolean => {
  if (typeof value === 'string') return equals.includes(value)
  if (isInt(value)) return range !== undefined && value >= range.min && value <= range.max
  throw new Failure(`a level is found for a string or int, not for a ${typeName(value)}`)
}

const failing = (thrown: unknown): Get => {
  if (!(thrown instanceof Failure)) throw thrown
  return () => {
    throw thrown
  }
}

/** A mapping that cannot be used fails when it is used, not before, as in the reference. */
export const parseSeverity = define('ParseSeverity', { Target: 'any', Mapping: 'map' }, ({ Target, Mapping }) => {
  if (Mapping.literal === undefined)
    return failing(new Failure('the mapping of ParseSeverity must be written in the statement'))
  try {
    const levels = levelsOf(Mapping.literal.value)
    return (run) => {
      const value = Target.get(run)
      for (const [level, criteria] of levels) if (criteria.some((criterion) => meets(criterion, value))) return level
      throw new Failure('no level fits the value')
    }
  } catch (thrown) {
    return failing(thrown)
  }
})
