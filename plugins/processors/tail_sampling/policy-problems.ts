/** What a policy lacks, as sentences. */
import type { ConfigProblem } from 'seneca-collector'
import { compilePattern, toConfigProblems } from 'seneca-collector/ottl'
import { conditionProblems } from './ottl-policy.ts'
import type { PolicyOptions } from './policies.ts'

type At = readonly (string | number)[]
type Simple = Omit<PolicyOptions, 'and' | 'drop' | 'composite'>

const needsNone: readonly string[] = ['always_sample', 'trace_flags']

/** Further lists of policies inside one. */
const inside = {
  and: 'and_sub_policy',
  drop: 'drop_sub_policy',
  composite: 'composite_sub_policy',
} as const

function* simpleProblems(policy: Simple, at: At): Iterable<ConfigProblem> {
  const { type } = policy
  if (!needsNone.includes(type) && policy[type as keyof Simple] === undefined) {
    yield { path: at, message: `a policy of type ${type} needs '${type}', its options` }
    return
  }
  if (type === 'numeric_attribute') {
    const { min_value: least, max_value: most } = policy.numeric_attribute!
    if (least === undefined && most === undefined)
      yield { path: [...at, type], message: "it needs 'min_value' or 'max_value'" }
  }
  if (type === 'string_attribute' && policy.string_attribute!.enabled_regex_matching)
    yield* patternProblems(policy.string_attribute!.values, [...at, type, 'values'])
  if (type === 'ottl_condition') {
    const options = policy.ottl_condition!
    if (options.span.length + options.spanevent.length === 0)
      yield { path: [...at, type], message: "it needs conditions: 'span' or 'spanevent'" }
    for (const { key, problems } of conditionProblems(options)) yield* toConfigProblems([...at, type, key], problems)
  }
}

function* patternProblems(values: readonly string[], at: At): Iterable<ConfigProblem> {
  for (const [i, source] of values.entries()) {
    try {
      compilePattern(source)
    } catch (thrown) {
      yield { path: [...at, i], message: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }
}

export function* policyProblems(policy: PolicyOptions, at: At): Iterable<ConfigProblem> {
  const { type } = policy
  if (type !== 'and' && type !== 'drop' && type !== 'composite') {
    yield* simpleProblems(policy, at)
    return
  }
  const list = (policy[type] as Readonly<Record<string, unknown>> | undefined)?.[inside[type]] as
    | readonly Simple[]
    | undefined
  if (list === undefined) {
    yield { path: at, message: `a policy of type ${type} needs '${type}', its options` }
    return
  }
  for (const [i, each] of list.entries()) {
    const place = [...at, type, inside[type], i]
    if (each.type in inside) yield { path: [...place, 'type'], message: `${each.type} cannot stand inside ${type}` }
    else yield* simpleProblems(each, place)
  }
  if (type === 'composite') yield* nameProblems(policy, at)
}

function* nameProblems({ composite }: PolicyOptions, at: At): Iterable<ConfigProblem> {
  const names = composite!.composite_sub_policy.map(({ name }) => name)
  const unknown = (name: string): string =>
    `there is no policy '${name}' in this composite; there are ${names.join(', ')}`
  for (const [i, name] of composite!.policy_order.entries())
    if (!names.includes(name)) yield { path: [...at, 'composite', 'policy_order', i], message: unknown(name) }
  for (const [i, { policy }] of composite!.rate_allocation.entries())
    if (!names.includes(policy))
      yield { path: [...at, 'composite', 'rate_allocation', i, 'policy'], message: unknown(policy) }
}
