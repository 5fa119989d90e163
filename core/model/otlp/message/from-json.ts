/**
 * OTLP/JSON as messages, by their description: lenient where the protobuf JSON mapping is (numbers or strings, enum
 * names), strict about types and ranges; unknown members are ignored, null is absence. Errors are
 * `CollectorError('invalid_data')`.
 */
import {
  bigOf,
  boolOf,
  entriesFromJson,
  fail,
  idOf,
  int32Of,
  listOf,
  numberOf,
  objectOf,
  rangeOf,
  textOf,
  uintOf,
} from '../json.ts'
import type { Json } from '../json.ts'
import { hexToBytes } from '../../id.ts'
import { TIME_MAX } from '../../time.ts'
import { INT64_MAX, INT64_MIN } from '../../value.ts'
import { close, writeBytes, writeEntry, writeText } from '../write.ts'
import type { BackWriter } from '../writer.ts'
import { resource, scope } from './around.ts'
import { Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'
import { jsonNames } from './to-json.ts'

const enumOf = (field: MessageField, value: unknown): number => {
  const named = typeof value === 'string' ? field.names.indexOf(value) : -1
  return named >= 0 ? named : int32Of(value, field.json)
}

const putVarint = (w: BackWriter, field: MessageField, value: number | bigint): void => {
  if (value === 0 || value === 0n) return
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) w.varint(Number(value))
  else w.int64(BigInt(value))
  w.varint(field.tag)
}

const putFixed = (w: BackWriter, tag: number, value: bigint): void => {
  w.fixed64(BigInt.asUintN(64, value))
  w.varint(tag)
}

const putDouble = (w: BackWriter, tag: number, value: number): void => {
  w.double(value)
  w.varint(tag)
}

/** `asInt` and `asDouble` are two members of the object that holds them. */
const putNumber = (w: BackWriter, field: MessageField, from: Json): void => {
  const { asInt, asDouble } = from
  if (asInt !== undefined && asInt !== null) {
    const int = bigOf(asInt, 'asInt')
    if (int < INT64_MIN || int > INT64_MAX) fail('asInt is out of range')
    putFixed(w, field.alternative, int)
  } else if (asDouble !== undefined && asDouble !== null) putDouble(w, field.tag, numberOf(asDouble, 'asDouble'))
}

const putNumbers = (w: BackWriter, field: MessageField, value: unknown): void => {
  const items = listOf(value, field.json)
  if (items.length === 0) return
  const mark = w.mark
  for (let i = items.length - 1; i >= 0; i--) {
    if (field.kind === Kind.doubles) w.double(numberOf(items[i], field.json))
    else {
      const count = rangeOf(items[i], field.json, TIME_MAX)
      if (field.kind === Kind.fixedCounts) w.fixed64(count)
      else if (count <= Number.MAX_SAFE_INTEGER) w.varint(Number(count))
      else w.int64(count)
    }
  }
  close(w, field.number, mark)
}

const putScalar = (w: BackWriter, field: MessageField, value: unknown): void => {
  const { json, tag } = field
  switch (field.kind) {
    case Kind.time:
    case Kind.count: {
      const count = rangeOf(value, json, TIME_MAX)
      if (count !== 0n) putFixed(w, tag, count)
      return
    }
    case Kind.uint32:
      putVarint(w, field, uintOf(value, json))
      return
    case Kind.fixed32: {
      const bits = uintOf(value, json)
      if (bits === 0) return
      w.fixed32(bits)
      w.varint(tag)
      return
    }
    case Kind.enum:
      putVarint(w, field, enumOf(field, value))
      return
    case Kind.sint32: {
      const int = int32Of(value, json)
      putVarint(w, field, int >= 0 ? int * 2 : -int * 2 - 1)
      return
    }
    case Kind.bool:
      putVarint(w, field, boolOf(value, json) ? 1 : 0)
      return
    default: {
      const double = numberOf(value, json)
      if (field.kind === Kind.optionalDouble || !Object.is(double, 0)) putDouble(w, tag, double)
    }
  }
}

const putText = (w: BackWriter, field: MessageField, value: unknown): void => {
  const text = textOf(value, field.json)
  if (text !== '') writeText(w, field.number, text)
}

const putId = (w: BackWriter, field: MessageField, value: unknown): void => {
  const id = idOf(value, field.kind === Kind.traceId ? 32 : 16, field.json)
  if (id !== '') writeBytes(w, field.number, hexToBytes(id)!)
}

const putEntries = (w: BackWriter, field: MessageField, value: unknown): void => {
  const entries = entriesFromJson(value)
  for (let i = entries.length - 1; i >= 0; i--) writeEntry(w, field.number, entries[i]![0], entries[i]![1])
}

const putMessage = (w: BackWriter, field: MessageField, value: unknown): void => {
  const mark = w.mark
  messageFromJson(w, field.message!, objectOf(value, field.json))
  close(w, field.number, mark)
}

const putField = (w: BackWriter, field: MessageField, value: unknown): void => {
  switch (field.kind) {
    case Kind.text:
      putText(w, field, value)
      return
    case Kind.traceId:
    case Kind.spanId:
      putId(w, field, value)
      return
    case Kind.entries:
      putEntries(w, field, value)
      return
    case Kind.message:
      putMessage(w, field, value)
      return
    case Kind.messages: {
      const items = listOf(value, field.json)
      for (let i = items.length - 1; i >= 0; i--) putMessage(w, field, items[i])
      return
    }
    case Kind.fixedCounts:
    case Kind.counts:
    case Kind.doubles:
      putNumbers(w, field, value)
      return
    default:
      putScalar(w, field, value)
  }
}

/** The members of a message, without its tag. */
export const messageFromJson = (w: BackWriter, message: Message, from: Json): void => {
  const { fields } = message
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i]!
    if (field.kind === Kind.number) putNumber(w, field, from)
    else {
      const value = from[field.json]
      if (value !== undefined && value !== null) putField(w, field, value)
    }
  }
}

const putUrl = (w: BackWriter, value: unknown): void => {
  const url = textOf(value, 'schemaUrl')
  if (url !== '') writeText(w, 3, url)
}

const putHeader = (w: BackWriter, message: Message, value: unknown, what: string): void => {
  if (value === undefined || value === null) return
  const mark = w.mark
  messageFromJson(w, message, objectOf(value, what))
  close(w, 1, mark)
}

/** A parsed request as an Export…ServiceRequest. */
export const requestFromJson = (w: BackWriter, signal: 'metrics' | 'traces', input: unknown): void => {
  const names = jsonNames[signal]
  const request =
    input !== null && typeof input === 'object' ? objectOf(input, 'the request') : fail('the request is no object')
  const resources = listOf(request[names.resources], names.resources)
  for (let i = resources.length - 1; i >= 0; i--) {
    const one = objectOf(resources[i], names.resources)
    const mark = w.mark
    putUrl(w, one['schemaUrl'])
    const scopes = listOf(one[names.scopes], names.scopes)
    for (let j = scopes.length - 1; j >= 0; j--) putScope(w, names, objectOf(scopes[j], names.scopes))
    putHeader(w, resource, one['resource'], 'resource')
    close(w, 1, mark)
  }
}

const putScope = (w: BackWriter, names: (typeof jsonNames)['metrics' | 'traces'], one: Json): void => {
  const mark = w.mark
  putUrl(w, one['schemaUrl'])
  const records = listOf(one[names.records], names.records)
  for (let k = records.length - 1; k >= 0; k--) {
    const record = w.mark
    messageFromJson(w, names.message, objectOf(records[k], names.records))
    close(w, 2, record)
  }
  putHeader(w, scope, one['scope'], 'scope')
  close(w, 2, mark)
}
