/**
 * Options as a plugin sees them: defaults filled in, durations in milliseconds, sizes in bytes, secrets wrapped. Takes
 * values that the schema accepts; telling a person what is wrong with others is the configuration's work.
 */
import { branchesFor } from './options-branch.ts'
import type { JsonSchema } from './schema.ts'
import { Secret } from './secret.ts'

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
  d: 8.64e7,
}

/** Milliseconds of a Go duration (`1h30m`, `200ms`, `-1.5s`, `0`), with `d` for days; undefined when it is none. */
export const parseDuration = (text: string): number | undefined => {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/.exec(text.trim()) ?? []
  if (rest === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d))+$/.test(rest)) return undefined
  let total = 0
  for (const [, amount, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/g)) {
    total += Number(amount) * (units[unit ?? ''] ?? 0)
  }
  return sign === '-' ? -total : total
}

const sizes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 1024,
  kib: 1024,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
  ti: 1024 ** 4,
  tib: 1024 ** 4,
}

/** Bytes of `64KiB`, `10MB`, `1.5g`, `4096`; undefined when it is no size. */
export const parseByteSize = (text: string): number | undefined => {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const factor = unit === undefined ? undefined : sizes[unit.toLowerCase()]
  if (amount === undefined || factor === undefined) return undefined
  return Math.round(Number(amount) * factor)
}

const scalar = (schema: JsonSchema, value: unknown): unknown => {
  if (schema.secret === true && typeof value === 'string') return new Secret(value)
  if (schema.format === 'duration' && typeof value === 'string') return parseDuration(value) ?? value
  if (schema.format === 'bytesize' && typeof value === 'string') return parseByteSize(value) ?? value
  return value
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Secret) &&
  !(value instanceof Uint8Array)

const completeMap = (schema: JsonSchema, value: Readonly<Record<string, unknown>>): unknown => {
  const result: Record<string, unknown> = {}
  const set = (key: string, item: unknown): void => {
    // An option map's own `__proto__` is an ordinary key.
    Object.defineProperty(result, key, { value: item, enumerable: true, writable: true, configurable: true })
  }
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  for (const [key, item] of Object.entries(value)) {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (item !== undefined) set(key, completeOptions(property ?? rest, item))
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (!Object.hasOwn(result, key) && property.default !== undefined)
      set(key, completeOptions(property, structuredClone(property.default)))
  }
  return result
}

/** `undefined` is the schema's default, or an empty map where the schema is a map with defaults inside. */
export const completeOptions = (schema: JsonSchema, value: unknown): unknown => {
  if (value === undefined)
    return schema.default === undefined ? undefined : completeOptions(schema, structuredClone(schema.default))
  const branch = branchesFor(schema, value)
  if (branch !== undefined) return completeOptions(branch, value)
  if (Array.isArray(value)) return value.map((item: unknown) => completeOptions(schema.items ?? {}, item))
  if (isMap(value)) return completeMap(schema, value)
  return scalar(schema, value)
}
