/** Policies, compiled: each looks at one whole trace. One that cannot judge it wants nothing of it. */
import type { Attributes, Batch, Infer, SpanRecord, Value } from 'seneca-collector'
import { compilePattern, OttlError } from 'seneca-collector/ottl'
import { createBucket } from './bucket.ts'
import { createComposite } from './composite.ts'
import { hashShare } from './hash-share.ts'
import { conditionTest } from './ottl-policy.ts'
import type { policySchema } from './schema.ts'

export type PolicyOptions = Infer<typeof policySchema>
type SimpleOptions = Omit<PolicyOptions, 'and' | 'not' | 'drop' | 'composite'>
/** What may stand inside others. */
type InnerOptions = SimpleOptions & Pick<PolicyOptions, 'and' | 'not'>

export interface Candidate {
  readonly id: string
  readonly batch: Batch<'traces'>
  readonly spans: number
  readonly bytes: number
}

/** `nowMs` is monotonic. */
export type Test = (trace: Candidate, nowMs: number) => boolean
export type Verdict = 'sample' | 'not_sample' | 'drop'

export interface Policy {
  readonly name: string
  /** Its verdict is `drop` or nothing. */
  readonly drops: boolean
  readonly evaluate: (trace: Candidate, nowMs: number) => Verdict
}

/** The options of a policy stand under its type; a policy without any has none. */
const optionsOf = <K extends keyof SimpleOptions>(policy: SimpleOptions, key: K): NonNullable<SimpleOptions[K]> =>
  policy[key]!

const someSpan =
  (test: (span: SpanRecord) => boolean): Test =>
  ({ batch }) => {
    for (const span of batch) if (test(span)) return true
    return false
  }

/** An attribute of any span, or of its resource. */
const someAttribute = (key: string, test: (value: Value) => boolean): Test => {
  const fits = (attributes: Attributes): boolean => {
    const value = attributes.get(key)
    return value !== undefined && test(value)
  }
  return someSpan((span) => fits(span.resource.attributes) || fits(span.attributes))
}

/** The same for attributes that must not fit: no span may have one that does. */
const noAttribute = (key: string, test: (value: Value) => boolean): Test => {
  const some = someAttribute(key, test)
  return (trace, now) => !some(trace, now)
}

const NANOS_PER_MS = 1_000_000n

/** Whole milliseconds, from the first start to the last end. */
const latency =
  ({ threshold_ms: least, upper_threshold_ms: most }: NonNullable<SimpleOptions['latency']>): Test =>
  ({ batch }) => {
    let start: bigint | undefined
    let end = 0n
    for (const span of batch) {
      if (start === undefined || start === 0n || span.startTime < start) start = span.startTime
      if (span.endTime > end) end = span.endTime
    }
    const ms = (end - (start ?? end)) / NANOS_PER_MS
    return ms > least && (most === 0 || ms <= most)
  }

const numeric =
  ({ min_value: least = -Infinity, max_value: most = Infinity }: NonNullable<SimpleOptions['numeric_attribute']>) =>
  (value: Value): boolean => {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return false
    return value >= least && value <= most
  }

const text = ({ values, enabled_regex_matching: patterns }: NonNullable<SimpleOptions['string_attribute']>) => {
  if (!patterns) {
    const wanted = new Set(values)
    return (value: Value): boolean => typeof value === 'string' && value !== '' && wanted.has(value)
  }
  const compiled = values.map(compilePattern)
  return (value: Value): boolean =>
    typeof value === 'string' && value !== '' && compiled.some((each) => each.test(value))
}

const DEFAULT_SALT = 'default-hash-seed'
const STATUS = ['UNSET', 'OK', 'ERROR'] as const
const SAMPLED_FLAG = 1

const ENTRY = /^[ \t]*([a-z0-9][a-z0-9_*/@-]*)=([\x20-\x2b\x2d-\x3c\x3e-\x7e]*[\x21-\x2b\x2d-\x3c\x3e-\x7e])[ \t]*$/

/** What breaks the rules of W3C Trace Context has no entries. */
const entriesOf = (traceState: string): ReadonlyMap<string, string> => {
  const entries = new Map<string, string>()
  for (const member of traceState.split(',')) {
    if (member === '') continue
    const [, key, value] = ENTRY.exec(member) ?? []
    if (key === undefined || value === undefined || entries.has(key)) return new Map()
    entries.set(key, value)
  }
  return entries
}

const traceState = (key: string, values: readonly string[]): Test =>
  someSpan((span) => span.traceState !== '' && values.includes(entriesOf(span.traceState).get(key) ?? ''))

const isInverted = ({
  numeric_attribute: n,
  string_attribute: s,
  boolean_attribute: b,
  type,
}: SimpleOptions): boolean =>
  (type === 'numeric_attribute' && n?.invert_match === true) ||
  (type === 'string_attribute' && s?.invert_match === true) ||
  (type === 'boolean_attribute' && b?.invert_match === true)

/** Whether a trace fits an attribute policy, inverted or not. */
const attribute = (key: string, inverted: boolean, test: (value: Value) => boolean): Test =>
  inverted ? noAttribute(key, test) : someAttribute(key, test)

const testOf = (policy: InnerOptions): Test => {
  const inverted = isInverted(policy)
  switch (policy.type) {
    case 'latency':
      return latency(optionsOf(policy, 'latency'))
    case 'numeric_attribute': {
      const options = optionsOf(policy, 'numeric_attribute')
      return attribute(options.key, inverted, numeric(options))
    }
    case 'string_attribute': {
      const options = optionsOf(policy, 'string_attribute')
      return attribute(options.key, inverted, text(options))
    }
    case 'boolean_attribute': {
      const { key, value } = optionsOf(policy, 'boolean_attribute')
      return attribute(key, inverted, (found) => found === value)
    }
    case 'probabilistic': {
      const { sampling_percentage: share, hash_salt: salt } = optionsOf(policy, 'probabilistic')
      const test = hashShare(share, salt || DEFAULT_SALT)
      return ({ id }) => test(id)
    }
    case 'status_code': {
      const codes: readonly string[] = optionsOf(policy, 'status_code').status_codes
      return someSpan((span) => codes.includes(STATUS[span.status.code] ?? ''))
    }
    case 'trace_state': {
      const { key, values } = optionsOf(policy, 'trace_state')
      return traceState(key, values)
    }
    case 'trace_flags':
      return someSpan((span) => (span.flags & SAMPLED_FLAG) !== 0)
    case 'rate_limiting': {
      const { spans_per_second: rate, burst_capacity: burst } = optionsOf(policy, 'rate_limiting')
      const bucket = createBucket(rate, burst || 2 * rate)
      return ({ spans }, now) => bucket.take(spans, now)
    }
    case 'bytes_limiting': {
      const { bytes_per_second: rate, burst_capacity: burst } = optionsOf(policy, 'bytes_limiting')
      const bucket = createBucket(rate, burst || 2 * rate)
      return ({ bytes }, now) => bucket.take(bytes, now)
    }
    case 'span_count': {
      const { min_spans: least, max_spans: most } = optionsOf(policy, 'span_count')
      return ({ spans }) => spans >= least && (most === 0 || spans <= most)
    }
    case 'ottl_condition':
      return conditionTest(optionsOf(policy, 'ottl_condition'))
    case 'and':
      return all(policy.and!.and_sub_policy)
    case 'not': {
      const test = testOf(policy.not!.not_sub_policy)
      return (trace, now) => !test(trace, now)
    }
    default:
      return () => true
  }
}

const all = (policies: readonly InnerOptions[]): Test => {
  const tests = policies.map(testOf)
  return (trace, now) => tests.every((test) => test(trace, now))
}

const testOfPolicy = (policy: PolicyOptions): Test => {
  if (policy.type === 'drop') return all(policy.drop!.drop_sub_policy)
  if (policy.type !== 'composite') return testOf(policy)
  const options = policy.composite!
  return createComposite(
    options,
    options.composite_sub_policy.map((each) => ({ name: each.name, test: testOf(each) })),
  )
}

export const compilePolicy = (policy: PolicyOptions): Policy => {
  const test = testOfPolicy(policy)
  const drops = policy.type === 'drop'
  const wanted = drops ? 'drop' : 'sample'
  return {
    name: policy.name,
    drops,
    evaluate(trace, nowMs) {
      try {
        return test(trace, nowMs) ? wanted : 'not_sample'
      } catch (thrown) {
        // A condition that fails under `propagate`, however deep it stands: its opposite is no answer either.
        if (thrown instanceof OttlError) return 'not_sample'
        throw thrown
      }
    },
  }
}
