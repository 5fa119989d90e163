/** Log bodies out of a line of OTLP/JSON, as plain JSON. Source: the JSON mapping of opentelemetry-proto. */

interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  /** A decimal string, or a number. */
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values?: readonly { readonly key: string; readonly value: AnyValue }[] }
}

interface Request {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly { readonly body: AnyValue }[] }[]
  }[]
}

const plain = (value: AnyValue): unknown => {
  if (value.kvlistValue)
    return Object.fromEntries((value.kvlistValue.values ?? []).map((entry) => [entry.key, plain(entry.value)]))
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plain)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? null
}

export const bodiesOf = (line: string): readonly unknown[] =>
  (JSON.parse(line) as Request).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => plain(body))),
  )
