/** docs/ottl-compatibility.md: what there is of the language, and how many answers of the reference implementation show it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allFunctions, contexts } from '../../core/ottl/index.ts'
import { root } from '../architecture/sources.ts'

interface Case {
  readonly id: string
  readonly context?: string
  readonly statements?: readonly string[]
  readonly conditions?: readonly string[]
  readonly condition?: string
}

const data = join(root, 'core/ottl/testdata')
const casesIn = (name: string): readonly Case[] =>
  readFileSync(join(data, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case)

/** Texts of each case that should be read: one that fails to parse shows as much. */
const textOf = ({ statements = [], conditions = [], condition = '' }: Case): string =>
  [...statements, ...conditions, condition].join('\n')

const operators: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['`+` `-` `*` `/`', / [-+*/] /],
  ['`==` `!=`', / [!=]= /],
  ['`<` `<=` `>` `>=`', / [<>]=? /],
  ['`and` `or` `not`', /\b(?:and|or|not)\b/],
  ['`where`', /\bwhere\b/],
  ['keys: `["a"]`, `[0]`, computed', /\]\[|\[\d|\[attributes/],
  ['lists and maps written out', /[(,] ?[[{]/],
  ['named arguments', /\w+=[^=]/],
  ['bytes, `nil`, enums', /0x[0-9a-f]|\bnil\b|[A-Z]+_[A-Z_]+/],
]

const CASES = '`core/ottl/more-cases.test.ts`'
const ELSEWHERE: Readonly<Record<string, string>> = {
  Now: '`core/ottl/ottl.test.ts`',
  UUID: '`plugins/processors/transform/transform.test.ts`',
  UUIDv7: '`core/ottl/ottl.test.ts`',
  HasAttrOnDatapoint: '`plugins/processors/filter/filter.test.ts`',
  HasAttrKeyOnDatapoint: '`plugins/processors/filter/filter.test.ts`',
}
const METRICS = '`core/ottl/functions/metrics.test.ts`, `plugins/processors/transform/transform.test.ts`'

const rows = (cells: readonly (readonly (string | number)[])[]): string =>
  cells.map((row) => `| ${row.join(' | ')} |`).join('\n')

export const ottlCompatibility = (): string => {
  const cases = ['cases.ndjson', 'more-cases.ndjson', 'context-cases.ndjson', 'hostile-cases.ndjson'].flatMap(casesIn)
  const texts = cases.map(textOf)
  const count = (pattern: RegExp): number => texts.filter((text) => pattern.test(text)).length
  const functions = allFunctions()
    .filter((spec) => spec.contexts?.length !== 0)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, contexts: only }) => {
      const cases = count(new RegExp(`(?<![A-Za-z_])${name}\\(`))
      const shown = cases > 0 ? CASES : (ELSEWHERE[name] ?? METRICS)
      return [`\`${name}\``, /^[a-z]/.test(name) ? 'editor' : 'converter', only?.join(', ') ?? 'all', cases, shown]
    })
  const byContext = [...contexts.keys()]
    .filter((name) => !['instrumentation_scope', 'otelcol'].includes(name))
    .map((name) => [
      `\`${name}\``,
      name === 'event' ? 0 : cases.filter(({ context = 'log' }) => context === name).length,
      name === 'event' ? '`core/ottl/ottl.test.ts`' : CASES,
    ])
  return `# The transformation language, beside its reference

What there is of [the language](ottl.md), and how many statements and conditions that use it have the answer of the reference
implementation (Go module \`pkg/ottl\` 1.4.0, standard functions, default feature gates) in \`core/ottl/testdata\`: ${cases.length} in all, what
fails included, and whether it fails when it is read or when it runs. This page is written by \`npm run docs\`.

## Contexts

| context | cases | shown by |
| --- | --- | --- |
${rows(byContext)}

## Operators and literals

| what | cases | shown by |
| --- | --- | --- |
${rows(operators.map(([what, pattern]) => [what, count(pattern), CASES]))}

## Functions

| function | kind | contexts | cases | shown by |
| --- | --- | --- | --- | --- |
${rows(functions)}
`
}
