/** What a policy lacks, as sentences. */
import type { ConfigProblem } from 'seneca-collector'
import { compilePattern, toConfigProblems } from 'seneca-collector/ottl'
import { conditionProblems } from './ottl-policy.ts'
import type { PolicyOptions } from './policies.ts'

type At = readonly (string | number)[]
type Simple = Omit<PolicyOptions, 'and' | 'not' | 'drop' | 'composite'>
type Inner = Simple & Pick<PolicyOptions, 'and' | 'not'>

const needsNone: readonly string[] = ['always_sample', 'trace_flags']

/** Policies that hold others: where, and which of their kind may be among those. */
const inside = {
  and: { key: 'and_sub_policy', takes: ['not'] },
  drop: { key: 'drop_sub_policy', takes: ['not'] },
  not: { key: 'not_sub_policy', takes: [] },
  composite: { key: 'composite_sub_policy', takes: ['and'] },
} as const satisfies Readonly<Record<string, { readonly key: string; readonly takes: readonly string[] }>>

const holdsOthers = (type: string): type is keyof typeof inside => Object.hasOwn(inside, type)

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

export function* policyProblems(policy: PolicyOptions | Inner, at: At): Iterable<ConfigProblem> {
  const { type } = policy
  if (!holdsOthers(type)) {
    yield* simpleProblems(policy, at)
    return
  }
  const { key, takes } = inside[type]
  const options = (policy as PolicyOptions)[type] as Readonly<Record<string, Inner | readonly Inner[]>> | undefined
  const held = options?.[key]
  if (held === undefined) {
    yield { path: at, message: `a policy of type ${type} needs '${type}', its options` }
    return
  }
  const place = [...at, type, key]
  const each = Array.isArray(held)
    ? held.map((one: Inner, i) => [one, [...place, i]] as const)
    : [[held as Inner, place] as const]
  for (const [one, where] of each) {
    const fits = !holdsOthers(one.type) || takes.some((taken) => taken === one.type)
    if (fits) yield* policyProblems(one, where)
    else yield { path: [...where, 'type'], message: `${one.type} cannot stand inside ${type}` }
  }
  if (type === 'composite') yield* nameProblems(policy as PolicyOptions, at)
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
