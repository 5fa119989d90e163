/**
 * What a user agent says of itself, by the patterns of ua-parser/uap-core: the first pattern that matches names the agent,
 * another list names the system. Patterns are compiled when first tried; answers of the last texts are kept.
 */
import { readData } from './data.ts'
import { compileRegex } from './regex.ts'
import type { Regex } from './regex.ts'

type Row = readonly [pattern: string, ...replacements: string[]]
interface Table {
  readonly agents: readonly Row[]
  readonly systems: readonly Row[]
}

export interface UserAgent {
  readonly name: string
  readonly version: string
  readonly systemName: string
  readonly systemVersion: string
}

const CACHE_MAX = 1_024
const known = new Map<string, UserAgent>()

interface Rule {
  regex?: Regex
  readonly pattern: string
  readonly templates: readonly string[]
}

/** Where a replacement is left out, the groups are taken in order. */
const rulesOf = (rows: readonly Row[], parts: number): readonly Rule[] =>
  rows.map(([pattern, ...given]) => ({
    pattern,
    templates: Array.from({ length: parts }, (_, i) => given[i] || `$${i + 1}`),
  }))

const first = (rules: readonly Rule[], text: string): readonly [name: string, version: string] => {
  for (const rule of rules) {
    rule.regex ??= compileRegex(rule.pattern)
    const [name = '', major = '', ...minor] = rule.regex.expandFirst(text, rule.templates) ?? []
    if (name === '') continue
    return [name, major + minor.map((part) => (part === '' ? '' : `.${part}`)).join('')]
  }
  return ['Other', '']
}

let rules: { readonly agents: readonly Rule[]; readonly systems: readonly Rule[] } | undefined

export const parseUserAgent = (text: string): UserAgent => {
  const found = known.get(text)
  if (found !== undefined) return found
  if (rules === undefined) {
    const table = readData<Table>('user-agents')
    rules = { agents: rulesOf(table.agents, 4), systems: rulesOf(table.systems, 5) }
  }
  const [name, version] = first(rules.agents, text)
  const [systemName, systemVersion] = first(rules.systems, text)
  const answer = { name, version, systemName, systemVersion }
  if (known.size >= CACHE_MAX) known.clear()
  known.set(text, answer)
  return answer
}
