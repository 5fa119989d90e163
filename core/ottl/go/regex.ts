/**
 * Patterns from people: RE2 syntax and Go's semantics, in linear time.
 *
 * A pattern that is only literal text, with or without `^` and `$` around it, is answered by string search, and where every
 * match must contain some text, texts without it are not matched at all: the same answer, faster. Patterns computed per
 * record are kept in a small cache.
 */
import { RE2JS } from 're2js'
import { Failure } from '../values.ts'
import { requiredText } from './required-text.ts'

export interface Regex {
  readonly test: (text: string) => boolean
  /** Groups of the first match, '' for those that took no part; undefined when nothing matches. */
  readonly groups: (text: string) => readonly string[] | undefined
  /** The templates expanded with the groups of the first match; undefined when nothing matches. */
  readonly expandFirst: (text: string, templates: readonly string[]) => readonly string[] | undefined
  /** Names by group number; '' for groups without one. */
  readonly names: readonly string[]
  readonly replaceAll: (text: string, template: string) => string
  /** Replaces every match by what `replace` makes of the expanded template. */
  readonly replaceEach: (text: string, template: string, replace: (expanded: string) => string) => string
}

type Bounds = readonly (readonly [start: number, end: number] | undefined)[]

const META = /[\\^$.|?*+()[\]{}]/

/** How a pattern without any operator but anchors is searched. */
const literalTest = (pattern: string): ((text: string) => boolean) | undefined => {
  const fromStart = pattern.startsWith('^')
  const toEnd = pattern.endsWith('$') && !pattern.endsWith('\\$')
  const body = pattern.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined)
  if (META.test(body)) return undefined
  if (fromStart && toEnd) return (text) => text === body
  if (fromStart) return (text) => text.startsWith(body)
  return toEnd ? (text) => text.endsWith(body) : (text) => text.includes(body)
}

const wordCharacter = /[\p{L}\p{Nd}_]/u

/** Go's template syntax: `$1`, `$name`, `${name}`, `$$`; the longest name counts, unknown groups are empty. */
const expand = (template: string, text: string, bounds: Bounds, names: readonly string[]): string => {
  if (!template.includes('$')) return template
  let out = ''
  for (let at = 0; at < template.length;) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) return out + template.slice(at)
    out += template.slice(at, dollar)
    if (template[dollar + 1] === '$') {
      out += '$'
      at = dollar + 2
      continue
    }
    const reference = readReference(template, dollar + 1)
    if (reference === undefined) {
      out += '$'
      at = dollar + 1
      continue
    }
    const number = /^\d+$/.test(reference.name) ? Number(reference.name) : lastNamed(names, reference.name, bounds)
    const bound = bounds[number]
    if (bound !== undefined) out += text.slice(bound[0], bound[1])
    at = reference.end
  }
  return out
}

/** Of groups with the same name the first that took part. */
const lastNamed = (names: readonly string[], name: string, bounds: Bounds): number =>
  names.findIndex((known, i) => known === name && name !== '' && bounds[i] !== undefined)

const readReference = (template: string, at: number): { readonly name: string; readonly end: number } | undefined => {
  const braced = template[at] === '{'
  let end = braced ? at + 1 : at
  const start = end
  while (end < template.length) {
    const character = String.fromCodePoint(template.codePointAt(end)!)
    if (!wordCharacter.test(character)) break
    end += character.length
  }
  if (end === start) return undefined
  const name = template.slice(start, end)
  if (!braced) return { name, end }
  return template[end] === '}' ? { name, end: end + 1 } : undefined
}

const boundsOf = (matcher: ReturnType<RE2JS['matcher']>): Bounds =>
  Array.from({ length: matcher.groupCount() + 1 }, (_, i) =>
    matcher.start(i) < 0 ? undefined : ([matcher.start(i), matcher.end(i)] as const),
  )

const allMatches = (regex: RE2JS, text: string): Bounds[] => {
  const found: Bounds[] = []
  const matcher = regex.matcher(text)
  let at = 0
  let previousEnd = -1
  while (at <= text.length && matcher.find(at)) {
    const start = matcher.start(0)
    const end = matcher.end(0)
    const empty = end === start
    if (!(empty && start === previousEnd)) {
      found.push(boundsOf(matcher))
    }
    previousEnd = end
    at = empty ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end
  }
  return found
}

interface Syntax {
  readonly compiled: RE2JS
  readonly names: readonly string[]
}

const attempt = (pattern: string): RE2JS | string => {
  try {
    return RE2JS.compile(pattern)
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** Gives every named group a name of its own: Go lets several have the same. */
const withOwnNames = (pattern: string): { readonly pattern: string; readonly names: readonly string[] } => {
  const names: string[] = []
  const parts = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?P?<(\w+)>/gs
  const renamed = pattern.replaceAll(parts, (part, name: string | undefined) => {
    if (name === undefined) return part
    names.push(name)
    return `(?P<g${names.length - 1}>`
  })
  return { pattern: renamed, names }
}

const readSyntax = (pattern: string): Syntax => {
  const direct = attempt(pattern)
  if (typeof direct !== 'string') return { compiled: direct, names: namesOf(direct, (name) => name) }
  const own = withOwnNames(pattern)
  const compiled = /duplicate/i.test(direct) ? attempt(own.pattern) : direct
  if (typeof compiled === 'string') throw new Failure(`${JSON.stringify(pattern)} is not a valid pattern: ${compiled}`)
  return { compiled, names: namesOf(compiled, (name) => own.names[Number(name.slice(1))] ?? '') }
}

const namesOf = (compiled: RE2JS, original: (name: string) => string): readonly string[] => {
  const names = Array.from({ length: compiled.groupCount() + 1 }, () => '')
  for (const [name, number] of Object.entries(compiled.namedGroups())) names[number] = original(name)
  return names
}

/** False for texts that cannot match, found without matching. */
const mayMatch = (pattern: string): ((text: string) => boolean) => {
  const required = requiredText(pattern)
  if (required === undefined) return () => true
  const { anyOf, anchored } = required
  const [one = ''] = anyOf
  if (anchored) return (text) => text.startsWith(one)
  return anyOf.length === 1 ? (text) => text.includes(one) : (text) => anyOf.some((part) => text.includes(part))
}

/** Compiles without the cache. Throws a Failure for a pattern that is none. */
export const compileRegex = (pattern: string): Regex => {
  const { compiled, names } = readSyntax(pattern)
  const may = mayMatch(pattern)
  const test = literalTest(pattern) ?? ((text: string) => may(text) && compiled.matcher(text).find())
  const replaceEach: Regex['replaceEach'] = (text, template, replace) => {
    if (!may(text)) return text
    let out = ''
    let last = 0
    for (const bounds of allMatches(compiled, text)) {
      const [start, end] = bounds[0]!
      out += text.slice(last, start) + replace(expand(template, text, bounds, names))
      last = end
    }
    return out + text.slice(last)
  }
  return {
    test,
    names,
    groups: (text) => {
      if (!may(text)) return undefined
      const matcher = compiled.matcher(text)
      return matcher.find() ? Array.from({ length: names.length }, (_, i) => matcher.group(i) ?? '') : undefined
    },
    expandFirst: (text, templates) => {
      if (!may(text)) return undefined
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      const bounds = boundsOf(matcher)
      return templates.map((template) => expand(template, text, bounds, names))
    },
    replaceEach,
    replaceAll: (text, template) => replaceEach(text, template, (expanded) => expanded),
  }
}

const CACHE_MAX = 256
const compiled = new Map<string, Regex>()

/** Throws a Failure for a pattern that is none. Compiled patterns are kept. */
export const regex = (pattern: string): Regex => {
  const found = compiled.get(pattern)
  if (found !== undefined) return found
  const made = compileRegex(pattern)
  if (compiled.size >= CACHE_MAX) compiled.clear()
  compiled.set(pattern, made)
  return made
}
