/** `ExtractGrokPatterns`. */
import { compileGrok } from '../go/grok.ts'
import type { Grok } from '../go/grok.ts'
import { Failure } from '../values.ts'
import { define } from './spec.ts'

const definitions = (sources: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    sources.map((source, i) => {
      const equals = source.indexOf('=')
      if (equals < 0) throw new Failure(`pattern definition ${i} has no =; write NAME=pattern`)
      const name = source.slice(0, equals)
      if (name.includes(':')) throw new Failure(`the name ${JSON.stringify(name)} cannot have a colon`)
      return [name, source.slice(equals + 1)]
    }),
  )

const usable = (grok: Grok, namedOnly: boolean): Grok => {
  if (namedOnly && !grok.hasCaptures)
    throw new Failure('the pattern needs at least one named capture such as %{WORD:name}')
  return grok
}

export const extractGrokPatterns = define(
  'ExtractGrokPatterns',
  { Target: 'string', Pattern: 'string', NamedCapturesOnly: 'literalBool?', PatternDefinitions: 'literalStrings?' },
  ({ Target, Pattern, NamedCapturesOnly = false, PatternDefinitions = [] }) => {
    const own = definitions(PatternDefinitions)
    const compile = (pattern: string): Grok => usable(compileGrok(pattern, NamedCapturesOnly, own), NamedCapturesOnly)
    const fixed = Pattern.literal && compile(Pattern.literal.value)
    return (run) => (fixed ?? compile(Pattern.get(run))).parse(Target.get(run))
  },
)
