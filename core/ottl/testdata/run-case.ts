/**
 * Runs one case of `cases.ndjson` and gives an answer in the form of `expected.ndjson`: answers of the reference
 * implementation (Go module pkg/ottl v1.4.0, log context, standard functions).
 */
import { decode } from '../../model/index.ts'
import type { Batch } from '../../model/index.ts'
import { compileCondition, compileStatements, OttlError, OttlSyntaxError } from '../index.ts'
import type { ErrorMode } from '../index.ts'

export interface Case {
  readonly id: string
  readonly statements?: readonly string[]
  readonly conditions?: readonly string[]
  readonly condition?: string
  readonly error_mode?: ErrorMode
  readonly strict?: boolean
  readonly record: unknown
}

export interface Answer {
  readonly id: string
  readonly ok: boolean
  readonly phase?: 'parse' | 'exec'
  readonly phase_any?: boolean
  readonly error?: string
  readonly result?: boolean
  readonly record?: unknown
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const anyValue = (value: Json | undefined): Json => {
  if (!isObject(value)) return {}
  const [kind, inner] = Object.entries(value)[0] ?? []
  if (kind === 'kvlistValue') return { kvlistValue: { values: keyValues(isObject(inner) ? inner['values'] : []) } }
  if (kind === 'arrayValue')
    return {
      arrayValue: {
        values: ((isObject(inner) ? inner['values'] : undefined) as Json[] | undefined)?.map(anyValue) ?? [],
      },
    }
  if (kind === 'intValue') return { intValue: String(inner as string | number) }
  if (kind === 'doubleValue')
    return {
      doubleValue: typeof inner === 'string' && Number.isFinite(Number(inner)) ? Number(inner) : (inner as Json),
    }
  return kind === undefined ? {} : { [kind]: inner as Json }
}

const keyValues = (list: Json | undefined): Json =>
  ((list ?? []) as readonly JsonObject[])
    .map((item) => ({ key: (item['key'] ?? '') as string, value: anyValue(item['value']) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))

/** Without empty strings, zeros and empty objects; lists of key-values sorted. Never inside an AnyValue. */
const tidy = (value: Json, key = ''): Json => {
  if (key === 'attributes') return keyValues(value)
  if (key === 'body') return anyValue(value)
  if (Array.isArray(value)) return value.map((item: Json) => tidy(item))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, tidy(inner, name)] as const)
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner)))
}

const isEmpty = (value: Json): boolean =>
  value === '' ||
  value === 0 ||
  value === '0' ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)

export const normalize = (record: unknown): unknown => tidy(record as Json)

const decoded = (record: unknown): Batch<'logs'> => decode('logs', 'otlp_json', Buffer.from(JSON.stringify(record)))

const failed = (id: string, thrown: unknown): Answer => {
  if (thrown instanceof OttlSyntaxError) return { id, ok: false, phase: 'parse', error: thrown.message }
  if (thrown instanceof OttlError) return { id, ok: false, phase: 'exec', error: thrown.message }
  throw thrown
}

export const runCase = ({
  id,
  statements = [],
  conditions,
  condition,
  error_mode,
  strict = false,
  record,
}: Case): Answer => {
  try {
    const batch = decoded(record)
    if (condition !== undefined) return { id, ok: true, result: compileCondition(condition, { strict })(batch.at(0)) }
    const options = { strict, ...(conditions ? { conditions } : {}), ...(error_mode ? { errorMode: error_mode } : {}) }
    const program = compileStatements(statements, options)
    if (program.problems.length > 0) throw new OttlSyntaxError(program.problems)
    const out = batch.edit((draft) => program.run(draft)).encode('otlp_json')
    return { id, ok: true, record: normalize(JSON.parse(Buffer.concat(out).toString())) }
  } catch (thrown) {
    return failed(id, thrown)
  }
}

/** Why an answer is not the expected one; undefined when it is. */
export const difference = (answer: Answer, expected: Answer): string | undefined => {
  if (answer.ok !== expected.ok)
    return `ok is ${answer.ok} (${answer.error ?? ''}), expected ${expected.ok} (${expected.error ?? ''})`
  if (!answer.ok)
    return answer.phase === expected.phase || expected.phase_any
      ? undefined
      : `failed in ${answer.phase} (${answer.error}), expected ${expected.phase} (${expected.error})`
  if (answer.result !== expected.result) return `gave ${answer.result}, expected ${expected.result}`
  const [ours, theirs] = [answer.record, expected.record].map((record) => canonical(record))
  return ours === theirs ? undefined : `record ${ours}\nexpected ${theirs}`
}

/** JSON with sorted keys. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: Json) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? ''
