/** Editors that replace text: by pattern (RE2) or by glob, in one string or in all strings of a map. */
import type { Value } from '../../model/index.ts'
import type { Get, Run, Typed } from '../expression.ts'
import { glob } from '../go/glob.ts'
import type { Regex } from '../go/regex.ts'
import { Failure, newMap } from '../values.ts'
import { patternOf } from './editors.ts'
import { define } from './spec.ts'
import type { FunctionSpec, NamedFunction } from './spec.ts'

/** One `%s` and no other directive. */
const formatted = (format: string, text: string): string => {
  const directives: readonly string[] = format.match(/%[^s]|%s/g) ?? []
  if (!directives.includes('%s') || directives.some((directive) => directive !== '%s') || /[\n]/.test(format)) {
    throw new Failure('a replacement format has one %s and no other directive')
  }
  if (directives.length > 1) return format.replace('%s', () => text).replaceAll('%s', '%!s(MISSING)')
  return format.replace('%s', () => text)
}

interface Replacing {
  readonly fn: NamedFunction | undefined
  readonly format: Typed<string> | undefined
}

const applied = (run: Run, { fn, format }: Replacing, text: string): string => {
  const value = fn!(run, text)
  if (typeof value !== 'string') throw new Failure('the function of a replacement must give a string')
  return format === undefined ? value : formatted(format.get(run), value)
}

const replaced = (run: Run, pattern: Regex, how: Replacing, text: string, template: string): string =>
  how.fn === undefined
    ? pattern.replaceAll(text, template)
    : pattern.replaceEach(text, template, (expanded) => applied(run, how, expanded))

const replacePattern = define(
  'replace_pattern',
  {
    Target: 'place',
    RegexPattern: 'string',
    Replacement: 'string',
    Function: 'function?',
    ReplacementFormat: 'string?',
  },
  ({ Target, RegexPattern, Replacement, Function: fn, ReplacementFormat: format }) => {
    const pattern = patternOf(RegexPattern)
    return (run) => {
      const text = Target.read(run)
      if (text === null) return null
      const template = Replacement.get(run)
      if (typeof text !== 'string') return null
      const compiled = pattern(run)
      if (compiled.test(text)) Target.write(run, replaced(run, compiled, { fn, format }, text, template))
      return null
    }
  },
)

/** What happens to one string whose replacement failed: it stays as it is, and a key is left out. */
const attempt = (work: () => string): string | undefined => {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined
    throw thrown
  }
}

const replaceAllPatterns = define(
  'replace_all_patterns',
  {
    Target: 'mapTarget',
    Mode: 'literalString',
    RegexPattern: 'string',
    Replacement: 'string',
    Function: 'function?',
    ReplacementFormat: 'string?',
  },
  ({ Target, Mode, RegexPattern, Replacement, Function: fn, ReplacementFormat: format }) => {
    const pattern = patternOf(RegexPattern)
    if (Mode !== 'key' && Mode !== 'value') throw new Failure(`mode ${JSON.stringify(Mode)} must be key or value`)
    return (run) => {
      const map = Target.get(run)
      const template = Replacement.get(run)
      const compiled = pattern(run)
      const change = (text: string) => attempt(() => replaced(run, compiled, { fn, format }, text, template))
      const next = newMap()
      let changed = false
      for (const key of Object.keys(map)) {
        const value: Value = map[key]!
        const text = Mode === 'key' ? key : value
        if (typeof text !== 'string' || !compiled.test(text)) {
          next[key] = value
          continue
        }
        changed = true
        const result = change(text)
        if (Mode === 'value') next[key] = result ?? value
        else if (result !== undefined) next[result] = value
      }
      if (changed) Target.set(run, next)
      return null
    }
  },
)

const globOf = (pattern: Typed<string>): Get<(text: string) => boolean> => {
  if (pattern.literal === undefined) return (run) => glob(pattern.get(run))
  const compiled = glob(pattern.literal.value)
  return () => compiled
}

const replacementOf = (replacement: Typed<string>, how: Replacing): Get<string> =>
  how.fn === undefined ? replacement.get : (run) => applied(run, how, replacement.get(run))

const globParameters = {
  Pattern: 'string',
  Replacement: 'string',
  Function: 'function?',
  ReplacementFormat: 'string?',
} as const

const replaceMatch = define(
  'replace_match',
  { Target: 'place', ...globParameters },
  ({ Target, Pattern, Replacement, Function: fn, ReplacementFormat: format }) => {
    const pattern = globOf(Pattern)
    const replacement = replacementOf(Replacement, { fn, format })
    return (run) => {
      const matches = pattern(run)
      const text = Target.read(run)
      const next = replacement(run)
      if (typeof text === 'string' && matches(text)) Target.write(run, next)
      return null
    }
  },
)

const replaceAllMatches = define(
  'replace_all_matches',
  { Target: 'mapTarget', ...globParameters },
  ({ Target, Pattern, Replacement, Function: fn, ReplacementFormat: format }) => {
    const pattern = globOf(Pattern)
    const replacement = replacementOf(Replacement, { fn, format })
    return (run) => {
      const matches = pattern(run)
      const map = Target.get(run)
      const next = replacement(run)
      const result = newMap()
      for (const key of Object.keys(map)) {
        const value = map[key]!
        result[key] = typeof value === 'string' && matches(value) ? next : value
      }
      Target.set(run, result)
      return null
    }
  },
)

export const replacers: readonly FunctionSpec[] = [replacePattern, replaceAllPatterns, replaceMatch, replaceAllMatches]
