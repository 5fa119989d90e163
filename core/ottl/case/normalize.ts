/**
 * The form in which records of cases are compared: key-value lists sorted by key; empty strings, zeros and empty objects
 * left out of records, scopes and resources, never out of an AnyValue; `arrayValue` and `kvlistValue` always with `values`;
 * `intValue` a string, `doubleValue` a number.
 */
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
  if (kind === 'doubleValue') {
    const number = typeof inner === 'string' && Number.isFinite(Number(inner)) ? Number(inner) : (inner as Json)
    // Adding zero takes the sign from -0, which JSON texts of equal numbers need not share.
    return { doubleValue: typeof number === 'number' ? number + 0 : number }
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

/** The form records are compared in; `record` is OTLP/JSON. */
export const normalize = (record: unknown): unknown => tidy(record as Json)

/** JSON with sorted keys. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: Json) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? ''
