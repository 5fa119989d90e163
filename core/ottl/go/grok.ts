/** Grok: `%{NAME}`, `%{NAME:field}` and `%{NAME:field:type}` expanded to one RE2 pattern. Expansion is bounded. */
import type { Value } from '../../model/index.ts'
import { double } from '../numbers.ts'
import { Failure, newMap } from '../values.ts'
import { readData } from './data.ts'
import { regex } from './regex.ts'
import { parseBool, parseFloat64, parseInt64 } from './strconv.ts'

const REFERENCE = /%\{(\w+)(?::([\w+.]+)(?::(\w+))?)?\}/g
const ROUNDS_MAX = 50
const LENGTH_MAX = 200_000
/** Group names have no dots; this stands for one. */
const DOT = '___'

export interface Grok {
  readonly hasCaptures: boolean
  readonly parse: (text: string) => Record<string, Value>
}

const converted = (text: string, type: string | undefined): Value => {
  const fail = (): never => {
    throw new Failure(`${JSON.stringify(text)} is no ${type}`)
  }
  switch (type) {
    case undefined:
    case 'string':
      return text
    case 'int':
    case 'long':
      return parseInt64(text) ?? fail()
    case 'float':
    case 'double': {
      const value = parseFloat64(text)
      return value === undefined ? fail() : double(value)
    }
    case 'bool':
    case 'boolean':
      return parseBool(text) ?? fail()
    default:
      throw new Failure(`there is no grok type ${type}`)
  }
}

let known: Readonly<Record<string, string>> | undefined

export const compileGrok = (pattern: string, namedOnly: boolean, own: ReadonlyMap<string, string>): Grok => {
  const grokPatterns = (known ??= readData<Readonly<Record<string, string>>>('grok-patterns'))
  const types = new Map<string, string>()
  const expand = (_: string, name: string, field?: string, type?: string): string => {
    const definition = own.get(name) ?? (Object.hasOwn(grokPatterns, name) ? grokPatterns[name] : undefined)
    if (definition === undefined) throw new Failure(`there is no grok pattern ${name}`)
    const target = (field ?? name).replaceAll('.', DOT)
    if (type !== undefined) types.set(target, type)
    return namedOnly && field === undefined ? `(${definition})` : `(?P<${target}>${definition})`
  }
  let expanded = pattern
  for (let round = 0; round < ROUNDS_MAX && expanded.includes('%{'); round++) {
    const next = expanded.replaceAll(REFERENCE, expand)
    if (next === expanded) break
    if (next.length > LENGTH_MAX) throw new Failure('the grok pattern is too long, or refers to itself')
    expanded = next
  }
  const compiled = regex(expanded)
  return {
    hasCaptures: compiled.names.some((name) => name !== ''),
    parse: (text) => {
      const map = newMap()
      const groups = compiled.groups(text)
      compiled.names.forEach((name, i) => {
        const found = groups?.[i]
        if (name !== '' && found) map[name.replaceAll(DOT, '.')] = converted(found, types.get(name))
      })
      return map
    },
  }
}
