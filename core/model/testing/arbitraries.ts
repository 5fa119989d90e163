/** Random values, records and edits for the model's property tests. */
import fc from 'fast-check'
import { Double } from '../double.ts'
import { path } from '../path.ts'
import type { Batch, Draft, LogBatch, LogInit, LogRecord, Path, PathKey, Value } from '../types.ts'
import { newMap } from '../value.ts'

/** Few keys, so that paths meet; some that have bitten others. */
export const keys = ['a', 'b', 'agent_id', 'x.y', '', '__proto__', 'é"\\', 'severity', 'constructor', '0']
export const dollarKeys = ['$bytes', '$$bytes', '$x']

const int64 = fc.oneof(
  fc.integer(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
)
const double = fc.double({ noNaN: true }).map((number) => (Number.isInteger(number) ? new Double(number) : number))
export const text = fc.oneof(
  fc.constantFrom('', 'debug', 'QUJD', 'AA==', '\u0000\n"\\', '💡é'),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)
const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  int64,
  double,
  text,
  fc.uint8Array({ maxLength: 5 }),
)

const mapOf = (entries: readonly (readonly [string, Value])[]): Value => {
  const map = newMap()
  for (const [key, value] of entries) map[key] = value
  return map
}

export const valueArbitrary = (names: readonly string[] = [...keys, ...dollarKeys]): fc.Arbitrary<Value> =>
  fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .uniqueArray(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 6, selector: (entry) => entry[0] })
        .map(mapOf),
    ),
  })).value

export const id = (digits: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc.uint8Array({ minLength: digits / 2, maxLength: digits / 2 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  )

export const attributeNames = [
  'log.record.uid',
  'seneca.source',
  'seneca.schema_version',
  'marcus.agent.id',
  'marcus.agent_id',
  'marcus.a',
  'marcus.x.y',
  'marcus.',
  'seneca.data.x.y',
  'seneca.data.a',
  'seneca.data.',
  'seneca.metadata.a',
  'seneca.metadata.severity',
  'seneca.metadata.',
  'seneca.envelope.other',
  'seneca.envelope.type',
  'seneca.envelope.data',
  'seneca.envelope.metadata',
  'seneca.envelope.attributes',
  'seneca.envelope.timestamp',
  'seneca.envelope.id',
  'seneca.envelope.severity_number',
  'seneca.envelope.resource',
  'other',
  '__proto__',
  'event.name',
  '',
]

const time = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constant(1_795_455_813_130_000_000n),
)
export const severity = fc.oneof(fc.constantFrom(0, 5, 9, 13, 17, 21, 10, 1, 24, -3), fc.integer({ min: 0, max: 24 }))
const attributes = (names: readonly string[]): fc.Arbitrary<Record<string, Value>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), valueArbitrary()), { maxLength: 5, selector: (entry) => entry[0] })
    .map((entries) => mapOf(entries) as Record<string, Value>)

export const initArbitrary: fc.Arbitrary<LogInit> = fc.record(
  {
    time,
    observedTime: time,
    severity,
    severityText: text,
    eventName: text,
    body: valueArbitrary(),
    attributes: attributes(attributeNames),
    traceId: id(32),
    spanId: id(16),
    flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  },
  { requiredKeys: [] },
)

export const groupArbitrary = fc.record(
  {
    resource: fc.record({ attributes: attributes(keys), schemaUrl: text }, { requiredKeys: [] }),
    scope: fc.record(
      { name: text, version: text, attributes: attributes(keys), schemaUrl: text },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

const pathKey = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<PathKey>(...keys, ...dollarKeys) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }) },
)

export const bodyPath: fc.Arbitrary<readonly PathKey[]> = fc
  .array(pathKey, { maxLength: 4 })
  .map((rest) => ['body', ...rest])
const attributePath: fc.Arbitrary<readonly PathKey[]> = fc
  .tuple(
    fc.constantFrom('attributes', 'attributes', 'attributes', 'resource', 'scope'),
    fc.constantFrom(...attributeNames),
    fc.array(pathKey, { maxLength: 2 }),
  )
  .map(([where, name, rest]) =>
    where === 'attributes' ? [where, name, ...rest] : [where, 'attributes', name, ...rest],
  )
export const scalarPath = fc.constantFrom<readonly PathKey[]>(
  ['time_unix_nano'],
  ['observed_time_unix_nano'],
  ['severity_number'],
  ['severity_text'],
  ['event_name'],
  ['trace_id'],
  ['span_id'],
  ['flags'],
  ['dropped_attributes_count'],
  ['attributes'],
  ['resource'],
  ['scope'],
  ['scope', 'name'],
  ['resource', 'schema_url'],
  ['event_name', 'x'],
)
export const anyPath = fc.oneof(bodyPath, attributePath, attributePath, scalarPath)

export type Op =
  | { readonly op: 'set'; readonly path: Path; readonly value: Value }
  | { readonly op: 'delete' | 'get'; readonly path: Path }
  | { readonly op: 'drop' | 'look' }

export const opArbitrary = (paths: fc.Arbitrary<readonly PathKey[]>, values: fc.Arbitrary<Value>): fc.Arbitrary<Op> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.constant('set' as const), path: paths, value: values }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('delete' as const, 'get' as const), path: paths }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('look' as const) }) },
  )

/** A value fit for scalar fields now and then. */
export const fieldValue: fc.Arbitrary<Value> = fc.oneof(
  valueArbitrary(),
  severity,
  text,
  id(32),
  id(16),
  time.map((nanos) => nanos as Value),
)

/** Everything a record says, comparable with toEqual. */
export const dump = (record: LogRecord): unknown => ({
  time: record.time,
  observedTime: record.observedTime,
  severity: record.severity,
  severityText: record.severityText,
  eventName: record.eventName,
  body: record.body,
  traceId: record.traceId,
  spanId: record.spanId,
  flags: record.flags,
  dropped: record.get(['dropped_attributes_count']),
  attributes: Array.from(record.attributes, ([key, value]) => [key, value] as const).toSorted((a, b) =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0,
  ),
  resource: record.get(['resource']),
  scope: record.get(['scope']),
})

const handles = new Map<string, Path>()

/** One handle for each path, as statements have it: paths in steady use go other ways than new ones. */
const steady = (keys: Path): Path => {
  const name = JSON.stringify(keys)
  const known = handles.get(name)
  if (known !== undefined) return known
  const handle = path(keys as readonly PathKey[])
  handles.set(name, handle)
  return handle
}

/** Runs edits on a draft; what each read saw or whether it threw. */
export const perform = (draft: Draft, ops: readonly Op[]): unknown[] =>
  ops.map((op) => {
    try {
      const at = 'path' in op ? steady(op.path) : []
      if (op.op === 'set') draft.set(at, op.value)
      else if (op.op === 'delete') draft.delete(at)
      else if (op.op === 'get') return [draft.record.get(at), draft.record.kind(at)]
      else if (op.op === 'look') return dump(draft.record)
      else draft.drop()
      return 'done'
    } catch (error) {
      return error instanceof TypeError ? 'TypeError' : error
    }
  })

export const bytesOf = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces)

export const dumpAll = (batch: Batch): unknown[] => Array.from(batch as LogBatch, dump)
