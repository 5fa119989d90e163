/** OTLP messages above the value: LogRecord, Resource, Scope, the request. The grammar stands in write.ts. */
import { bytesToHex } from '../id.ts'
import { emptyLog } from '../plain/record.ts'
import type { Entry, Group, PlainLog } from '../plain/record.ts'
import { ProtoReader, readEntry, readValue } from './read.ts'

const readId = (r: ProtoReader, length: number): string => {
  const at = r.at
  const bytes = r.span()
  if (bytes.length !== 0 && bytes.length !== length) r.fail(`an id of ${bytes.length} bytes, not ${length}`, at)
  return bytes.every((byte) => byte === 0) ? '' : bytesToHex(bytes)
}

/** A LogRecord whose message is open. */
export const readLog = (r: ProtoReader, group: Group): PlainLog => {
  const log = emptyLog()
  const attributes: Entry[] = []
  log.group = group
  log.attributes = attributes
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 9) log.time = r.fixed64()
    else if (tag === 16) log.severity = Number(BigInt.asIntN(32, r.varint64()))
    else if (tag === 26) log.severityText = r.text()
    else if (tag === 42) {
      const outer = r.enter()
      log.body = readValue(r, 0)
      r.leave(outer)
    } else if (tag === 50) attributes.push(readEntry(r, 0))
    else if (tag === 56) log.dropped = Number(BigInt.asUintN(32, r.varint64()))
    else if (tag === 69) log.flags = r.fixed32()
    else if (tag === 74) log.traceId = readId(r, 16)
    else if (tag === 82) log.spanId = readId(r, 8)
    else if (tag === 89) log.observedTime = r.fixed64()
    else if (tag === 98) log.eventName = r.text()
    else r.skip(tag)
  }
  return log
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const readResource = (r: ProtoReader, group: Mutable<Group>): void => {
  const attributes: Entry[] = [...group.attributes]
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) attributes.push(readEntry(r, 0))
    else if (tag === 16) group.dropped = Number(BigInt.asUintN(32, r.varint64()))
    else r.skip(tag)
  }
  group.attributes = attributes
}

const readScope = (r: ProtoReader, group: Mutable<Group>): void => {
  const attributes: Entry[] = [...group.scopeAttributes]
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) group.scopeName = r.text()
    else if (tag === 18) group.scopeVersion = r.text()
    else if (tag === 26) attributes.push(readEntry(r, 0))
    else if (tag === 32) group.scopeDropped = Number(BigInt.asUintN(32, r.varint64()))
    else r.skip(tag)
  }
  group.scopeAttributes = attributes
}

/** Calls `take` for each message of `field`, opened, inside the open one; other fields go to `other`. */
const eachMessage = (r: ProtoReader, wanted: number, take: () => void, other?: (tag: number) => boolean): void => {
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === wanted) {
      const outer = r.enter()
      take()
      r.leave(outer)
    } else if (!other?.(tag)) r.skip(tag)
  }
}

/** What the fields of ResourceLogs and ScopeLogs beside their records say. */
export const readGroup = (resource: Uint8Array, scope: Uint8Array, from: Group): Group => {
  const group: Mutable<Group> = { ...from }
  const a = new ProtoReader(resource)
  eachMessage(
    a,
    10,
    () => readResource(a, group),
    (tag) => tag === 26 && ((group.schemaUrl = a.text()), true),
  )
  const b = new ProtoReader(scope)
  eachMessage(
    b,
    10,
    () => readScope(b, group),
    (tag) => tag === 26 && ((group.scopeSchemaUrl = b.text()), true),
  )
  return group
}
