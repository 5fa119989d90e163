/**
 * Plain records as OTLP protobuf (opentelemetry.proto.logs.v1, common.v1, resource.v1). Written back to front, so fields
 * stand in reverse order in the code and in ascending order on the wire.
 *
 *   ExportLogsServiceRequest { 1: ResourceLogs* }      ResourceLogs { 1: Resource, 2: ScopeLogs*, 3: schema_url }
 *   Resource { 1: KeyValue*, 2: dropped }              ScopeLogs { 1: Scope, 2: LogRecord*, 3: schema_url }
 *   Scope { 1: name, 2: version, 3: KeyValue*, 4: dropped }
 *   LogRecord { 1: fixed64 time, 2: severity, 3: severity_text, 5: AnyValue body, 6: KeyValue*, 7: dropped,
 *               8: fixed32 flags, 9: trace_id, 10: span_id, 11: fixed64 observed_time, 12: event_name }
 *   AnyValue { 1: string | 2: bool | 3: int64 | 4: double | 5: ArrayValue{1: AnyValue*} | 6: KeyValueList{1: KeyValue*} | 7: bytes }
 *   KeyValue { 1: key, 2: AnyValue }
 */
import { Double } from '../double.ts'
import { hexToBytes } from '../id.ts'
import type { Entry, Group, PlainLog } from '../plain/record.ts'
import type { Value, ValueMap } from '../types.ts'
import { BackWriter } from './writer.ts'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

const tag = (w: BackWriter, field: number, wire: number): void => w.varint(field * 8 + wire)

export const close = (w: BackWriter, field: number, mark: number): void => {
  w.varint(w.mark - mark)
  tag(w, field, BYTES)
}

export const writeText = (w: BackWriter, field: number, text: string): void => {
  const mark = w.mark
  w.text(text)
  close(w, field, mark)
}

export const writeBytes = (w: BackWriter, field: number, bytes: Uint8Array): void => {
  const mark = w.mark
  w.raw(bytes, 0, bytes.length)
  close(w, field, mark)
}

const writeDouble = (w: BackWriter, value: number): void => {
  w.double(value)
  tag(w, 4, FIXED64)
}

const writeInt = (w: BackWriter, value: number | bigint): void => {
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) w.varint(value)
  else w.int64(BigInt(value))
  tag(w, 3, VARINT)
}

/** The members of an AnyValue, without its own tag: nothing for null. */
export const writeValue = (w: BackWriter, value: Value): void => {
  switch (typeof value) {
    case 'string':
      writeText(w, 1, value)
      return
    case 'boolean':
      w.varint(value ? 1 : 0)
      tag(w, 2, VARINT)
      return
    case 'bigint':
      writeInt(w, value)
      return
    case 'number':
      if (Number.isInteger(value)) writeInt(w, value)
      else writeDouble(w, value)
      return
    default:
      if (value instanceof Double) writeDouble(w, value.value)
      else if (value instanceof Uint8Array) writeBytes(w, 7, value)
      else if (value !== null) writeCompound(w, value)
  }
}

const writeCompound = (w: BackWriter, value: readonly Value[] | ValueMap): void => {
  const mark = w.mark
  if (Array.isArray(value)) {
    for (let i = value.length - 1; i >= 0; i--) {
      const item = w.mark
      writeValue(w, value[i] as Value)
      close(w, 1, item)
    }
    close(w, 5, mark)
  } else {
    writeEntries(w, 1, Object.entries(value as ValueMap))
    close(w, 6, mark)
  }
}

export const writeEntry = (w: BackWriter, field: number, key: string, value: Value): void => {
  const mark = w.mark
  writeValue(w, value)
  close(w, 2, mark)
  writeText(w, 1, key)
  close(w, field, mark)
}

const writeEntries = (w: BackWriter, field: number, entries: readonly Entry[]): void => {
  for (let i = entries.length - 1; i >= 0; i--) writeEntry(w, field, entries[i]![0], entries[i]![1])
}

const writeUint = (w: BackWriter, field: number, value: number): void => {
  if (value === 0) return
  w.varint(value)
  tag(w, field, VARINT)
}
const writeOptionalText = (w: BackWriter, field: number, text: string): void => {
  if (text !== '') writeText(w, field, text)
}
const writeTime = (w: BackWriter, field: number, time: bigint): void => {
  if (time === 0n) return
  w.fixed64(time)
  tag(w, field, FIXED64)
}
const writeId = (w: BackWriter, field: number, id: string): void => {
  const bytes = id === '' ? undefined : hexToBytes(id)
  if (bytes) writeBytes(w, field, bytes)
}
const writeSeverity = (w: BackWriter, severity: number): void => {
  if (severity === 0) return
  if (severity > 0) w.varint(severity)
  else w.int64(BigInt(severity))
  tag(w, 2, VARINT)
}

/** The bytes of an edited record's fields that did not change, each from its tag on. */
export interface Original {
  readonly bytes: Uint8Array
  /** The attribute a span of bytes stands for, by identity. */
  readonly spans: ReadonlyMap<Entry, readonly [start: number, end: number]>
  readonly body: Value | undefined
  readonly bodySpan: readonly [start: number, end: number] | undefined
  /** Fields this version of OTLP does not have. */
  readonly unknown: readonly (readonly [start: number, end: number])[]
}

const writeLogEntries = (w: BackWriter, entries: readonly Entry[], original: Original | undefined): void => {
  for (let i = entries.length - 1; i >= 0; i--) {
    const span = original?.spans.get(entries[i]!)
    if (span) w.raw(original!.bytes, span[0], span[1])
    else writeEntry(w, 6, entries[i]![0], entries[i]![1])
  }
}

const writeBody = (w: BackWriter, body: Value | undefined, original: Original | undefined): void => {
  if (original?.bodySpan && body === original.body) w.raw(original.bytes, original.bodySpan[0], original.bodySpan[1])
  else if (body !== undefined) {
    const mark = w.mark
    writeValue(w, body)
    close(w, 5, mark)
  }
}

/** A LogRecord as field 2 of ScopeLogs; fields of `original` that did not change are copied. */
export const writeLog = (w: BackWriter, log: PlainLog, original?: Original): void => {
  const mark = w.mark
  for (const [start, end] of original?.unknown ?? []) w.raw(original!.bytes, start, end)
  writeOptionalText(w, 12, log.eventName)
  writeTime(w, 11, log.observedTime)
  writeId(w, 10, log.spanId)
  writeId(w, 9, log.traceId)
  if (log.flags !== 0) {
    w.fixed32(log.flags)
    tag(w, 8, FIXED32)
  }
  writeUint(w, 7, log.dropped)
  writeLogEntries(w, log.attributes, original)
  writeBody(w, log.body, original)
  writeOptionalText(w, 3, log.severityText)
  writeSeverity(w, log.severity)
  writeTime(w, 1, log.time)
  close(w, 2, mark)
}

const isBareScope = (group: Group): boolean =>
  group.scopeName === '' && group.scopeVersion === '' && group.scopeAttributes.length === 0 && group.scopeDropped === 0

/** Fields of a resource and scope that this version of OTLP does not have, and that stay when the others are edited. */
export interface GroupUnknown {
  readonly aroundResource: Uint8Array
  readonly inResource: Uint8Array
  readonly aroundScope: Uint8Array
  readonly inScope: Uint8Array
}

const nothing = new Uint8Array(0)
const noUnknown: GroupUnknown = { aroundResource: nothing, inResource: nothing, aroundScope: nothing, inScope: nothing }

const writeAll = (w: BackWriter, bytes: Uint8Array): void => w.raw(bytes, 0, bytes.length)

const writeScope = (w: BackWriter, group: Group, unknown: GroupUnknown): void => {
  if (isBareScope(group) && unknown.inScope.length === 0) return
  const mark = w.mark
  writeAll(w, unknown.inScope)
  writeUint(w, 4, group.scopeDropped)
  writeEntries(w, 3, group.scopeAttributes)
  writeOptionalText(w, 2, group.scopeVersion)
  writeOptionalText(w, 1, group.scopeName)
  close(w, 1, mark)
}

const writeResource = (w: BackWriter, group: Group, unknown: GroupUnknown): void => {
  const mark = w.mark
  writeAll(w, unknown.inResource)
  writeUint(w, 2, group.dropped)
  writeEntries(w, 1, group.attributes)
  close(w, 1, mark)
}

/** The fields of ResourceLogs beside scope_logs. */
const writeResourceFields = (w: BackWriter, group: Group, unknown = noUnknown): void => {
  writeAll(w, unknown.aroundResource)
  writeOptionalText(w, 3, group.schemaUrl)
  writeResource(w, group, unknown)
}

/** The fields of ScopeLogs beside log_records. */
const writeScopeFields = (w: BackWriter, group: Group, unknown = noUnknown): void => {
  writeAll(w, unknown.aroundScope)
  writeOptionalText(w, 3, group.scopeSchemaUrl)
  writeScope(w, group, unknown)
}

/** One ResourceLogs (field 1 of the request) around records, which share their group. */
const writeGroup = (w: BackWriter, group: Group, writeLogs: () => void): void => {
  const mark = w.mark
  const scope = w.mark
  writeLogs()
  writeScopeFields(w, group)
  close(w, 2, scope)
  writeResourceFields(w, group)
  close(w, 1, mark)
}

const shared = new BackWriter()

/** Records as one ExportLogsServiceRequest; neighbours with an equal group share one ResourceLogs. */
export const otlpFromPlain = (
  runs: readonly { readonly group: Group; readonly logs: readonly PlainLog[] }[],
): Uint8Array => {
  const start = shared.mark
  try {
    for (let i = runs.length - 1; i >= 0; i--) {
      const { group, logs } = runs[i]!
      writeGroup(shared, group, () => {
        for (let j = logs.length - 1; j >= 0; j--) writeLog(shared, logs[j]!)
      })
    }
    return shared.take()
  } catch (error) {
    shared.rewind(start)
    throw error
  }
}

const taken = (write: (w: BackWriter) => void): Uint8Array => {
  write(shared)
  return shared.take()
}

/** What stands beside the records of a group, as OtlpGroup has it. */
export const groupBytes = (
  group: Group,
  unknown: GroupUnknown,
): { readonly resource: Uint8Array; readonly scope: Uint8Array } => ({
  resource: taken((w) => writeResourceFields(w, group, unknown)),
  scope: taken((w) => writeScopeFields(w, group, unknown)),
})

/** One record as field 2 of ScopeLogs. */
export const logBytes = (log: PlainLog, original?: Original): Uint8Array => taken((w) => writeLog(w, log, original))

/** One attribute as field 6 of a LogRecord, in memory of its own. */
export const entryBytes = (key: string, value: Value): Uint8Array => taken((w) => writeEntry(w, 6, key, value))

/** The same for bytes that do not live long. */
export const passingEntryBytes = (key: string, value: Value): Uint8Array => {
  writeEntry(shared, 6, key, value)
  return shared.takePooled()
}
