/** What is wrong with a rule beyond its shape. */
import type { ConfigProblem } from 'seneca-collector'
import { patternProblem } from 'seneca-collector/events'
import { compileConditions, toConfigProblems } from 'seneca-collector/ottl'
import { sourceProblem } from './changes.ts'
import type { Rule } from './options.ts'
import { placeProblem } from './places.ts'
import { keyPlaces } from './snapshots.ts'

type At = readonly (string | number)[]

const say = (at: At, message: string | undefined): ConfigProblem[] =>
  message === undefined ? [] : [{ path: at, message }]

const typeProblem = (type: string): string | undefined =>
  patternProblem(type) ?? (/[*>]/.test(type) ? `'${type}' is a pattern; an event has one type` : undefined)

/** What a rule looks at. */
const seeing = function* (rule: Rule, at: At): Iterable<ConfigProblem> {
  yield* say([...at, 'from'], patternProblem(rule.from))
  if (rule.until !== undefined) yield* say([...at, 'until'], patternProblem(rule.until))
  if (rule.where !== undefined) {
    const { problems } = compileConditions([rule.where], { context: 'event' })
    yield* toConfigProblems([...at, 'where'], problems, { single: true })
  }
  for (const place of keyPlaces(rule)) yield* say([...at, 'key'], placeProblem(place))
  for (const [index, field] of rule.fields.entries()) yield* say([...at, 'fields', index], placeProblem(field))
  for (const key of ['rows', 'row_key', 'group_by'] as const) {
    const place = rule[key]
    if (place !== undefined) yield* say([...at, key], placeProblem(place))
  }
  if (rule.rows !== undefined) return
  if (rule.key === undefined) yield { path: at, message: 'a rule needs a `key`, or `rows`' }
  for (const key of ['row_key', 'appeared', 'left'] as const) {
    if (rule[key] !== undefined) yield { path: [...at, key], message: `\`${key}\` needs \`rows\`` }
  }
}

/** What it says. */
const saying = function* (rule: Rule, at: At): Iterable<ConfigProblem> {
  if (rule.emit === undefined) {
    if (rule.appeared === undefined && rule.left === undefined)
      yield { path: at, message: 'a rule needs `emit`, `appeared` or `left`' }
  } else {
    yield* say([...at, 'emit'], typeProblem(rule.emit))
    if (rule.fields.length === 0 && rule.group_by === undefined)
      yield { path: at, message: '`emit` tells of changed `fields`, or of a `group_by`; there are none' }
  }
  if (rule.as === 'steps' && rule.steps.length === 0)
    yield { path: at, message: '`as: steps` needs `steps`', suggestion: 'steps: [25, 50, 75, 100]' }
  for (const key of ['appeared', 'left'] as const) {
    const told = rule[key]
    if (told !== undefined) yield* say([...at, key, 'type'], typeProblem(told.type))
    for (const [name, source] of Object.entries(told?.data ?? {}))
      yield* say([...at, key, 'data', name], sourceProblem(source))
  }
  for (const [name, source] of Object.entries(rule.data ?? {})) yield* say([...at, 'data', name], sourceProblem(source))
}

export const ruleProblems = function* (rule: Rule, at: At): Iterable<ConfigProblem> {
  yield* seeing(rule, at)
  yield* saying(rule, at)
}
