/**
 * Values as messages, by their description. What a field cannot hold is a `TypeError` that names the field. Written back
 * to front, so the fields of a message go from the last to the first.
 */
import { Double } from '../../double.ts'
import { hexToBytes } from '../../id.ts'
import { asId, asInt, asText, asTime, INT32_MAX, INT32_MIN, refuse, UINT32_MAX } from '../../plain/fields.ts'
import type { Value, ValueMap } from '../../types.ts'
import { asValue, isList, isMap, kindOf } from '../../value.ts'
import { close, writeBytes, writeEntry, writeText } from '../write.ts'
import type { BackWriter } from '../writer.ts'
import { Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'

/** Whether the members of a map are named as in OTTL (`time_unix_nano`) or as in the objects plugins give (`time`). */
export type Naming = 'name' | 'init'

const UINT64_MAX = 2n ** 64n - 1n

const asCount = (what: string, value: Value): bigint => {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  const count = isWhole ? BigInt(value) : -1n
  return count >= 0n && count <= UINT64_MAX ? count : refuse(what, value)
}

const asDouble = (what: string, value: Value): number => {
  if (value instanceof Double) return value.value
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : refuse(what, value)
}

const asMembers = (what: string, value: Value): ValueMap => (isMap(value) ? value : refuse(what, value))
const asItems = (what: string, value: Value): readonly Value[] => (isList(value) ? value : refuse(what, value))

/** A varint; negative ones in two's complement. */
const putInt = (w: BackWriter, value: number): void => {
  if (value >= 0) w.varint(value)
  else w.int64(BigInt(value))
}

const putNumber = (w: BackWriter, field: MessageField, value: Value): void => {
  const number = asValue(value)
  const kind = kindOf(number)
  if (kind === 'double') {
    w.double(Number(number))
    w.varint(field.tag)
  } else if (kind === 'int') {
    w.fixed64(BigInt.asUintN(64, BigInt(number as number | bigint)))
    w.varint(field.alternative)
  } else refuse(field.name, value)
}

const putNumbers = (w: BackWriter, field: MessageField, value: Value): void => {
  const items = asItems(field.name, value)
  if (items.length === 0) return
  const mark = w.mark
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as Value
    if (field.kind === Kind.doubles) w.double(asDouble(field.name, item))
    else if (field.kind === Kind.fixedCounts) w.fixed64(asCount(field.name, item))
    else putCount(w, asCount(field.name, item))
  }
  close(w, field.number, mark)
}

const putCount = (w: BackWriter, count: bigint): void => {
  if (count <= 0x1f_ffff_ffff_ffffn) w.varint(Number(count))
  else w.int64(count)
}

const putNested = (w: BackWriter, field: MessageField, value: Value, naming: Naming): void => {
  const mark = w.mark
  writeMessage(w, field.message!, asMembers(field.message!.name, value), naming)
  close(w, field.number, mark)
}

const putEntries = (w: BackWriter, field: MessageField, value: Value): void => {
  const entries = Object.entries(asMembers(field.name, value))
  for (let i = entries.length - 1; i >= 0; i--) {
    const [key, item] = entries[i]!
    if (item !== undefined) writeEntry(w, field.number, key, asValue(item))
  }
}

/** One attribute, with its tag. */
export const writeAttribute = (w: BackWriter, field: MessageField, key: string, value: Value): void =>
  writeEntry(w, field.number, key, value)

const putScalar = (w: BackWriter, field: MessageField, value: Value): void => {
  const { name } = field
  switch (field.kind) {
    case Kind.time:
      w.fixed64(asTime(name, value))
      break
    case Kind.count:
      w.fixed64(asCount(name, value))
      break
    case Kind.uint32:
      w.varint(asInt(name, value, 0, UINT32_MAX))
      break
    case Kind.fixed32:
      w.fixed32(asInt(name, value, 0, UINT32_MAX))
      break
    case Kind.enum:
      putInt(w, asInt(name, value, INT32_MIN, INT32_MAX))
      break
    case Kind.sint32: {
      const int = asInt(name, value, INT32_MIN, INT32_MAX)
      w.varint(int >= 0 ? int * 2 : -int * 2 - 1)
      break
    }
    case Kind.bool:
      w.varint(typeof value === 'boolean' ? Number(value) : refuse(name, value))
      break
    default:
      w.double(asDouble(name, value))
  }
  w.varint(field.tag)
}

const isDefault = (field: MessageField, value: Value): boolean => {
  if (field.kind === Kind.optionalDouble || field.kind === Kind.number) return false
  if (value instanceof Double) return Object.is(value.value, 0)
  return value === '' || value === 0n || Object.is(value, 0) || value === false
}

/** A field with its tag; nothing for the value it has anyway. Throws `TypeError` when it cannot hold the value. */
export const writeField = (w: BackWriter, field: MessageField, value: Value, naming: Naming): void => {
  switch (field.kind) {
    case Kind.message:
      putNested(w, field, value, naming)
      return
    case Kind.messages: {
      const items = asItems(field.name, value)
      for (let i = items.length - 1; i >= 0; i--) putNested(w, field, items[i] as Value, naming)
      return
    }
    case Kind.entries:
      putEntries(w, field, value)
      return
    case Kind.fixedCounts:
    case Kind.counts:
    case Kind.doubles:
      putNumbers(w, field, value)
      return
    case Kind.number:
      putNumber(w, field, value)
      return
    default:
      writeSingle(w, field, value)
  }
}

const writeSingle = (w: BackWriter, field: MessageField, value: Value): void => {
  const { name, kind } = field
  const mark = w.mark
  if (kind === Kind.text) writeText(w, field.number, asText(name, value))
  else if (kind === Kind.traceId || kind === Kind.spanId)
    writeBytes(w, field.number, hexToBytes(asId(name, value, kind === Kind.traceId ? 32 : 16))!)
  else putScalar(w, field, value)
  if (isDefault(field, value)) w.rewind(mark)
}

/** The members of a message, without its tag. Throws `TypeError` for a member it does not have. */
export const writeMessage = (w: BackWriter, message: Message, members: ValueMap, naming: Naming): void => {
  const { fields } = message
  let found = 0
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i]!
    const value = field.isChoice ? undefined : members[field[naming]]
    if (value === undefined) continue
    found++
    writeField(w, field, value, naming)
  }
  if (found < Object.keys(members).length) refuseMembers(message, members, naming)
}

const refuseMembers = (message: Message, members: ValueMap, naming: Naming): void => {
  const names = [...message.byName.values()].map((field) => field[naming])
  const wrong = Object.keys(members).find((key) => members[key] !== undefined && !names.includes(key))
  if (wrong !== undefined)
    throw new TypeError(`${message.name} has no field ${JSON.stringify(wrong)}; it has ${names.join(', ')}`)
}
