/** Messages as values, by their description: a map with every field under its OTTL name. Bytes are checked beforehand. */
import { bytesToHex } from '../../id.ts'
import { Double } from '../../double.ts'
import type { Value, ValueMap } from '../../types.ts'
import { doubleValue, intValue, isMap, newMap } from '../../value.ts'
import { readEntry } from '../read.ts'
import type { ProtoReader } from '../read.ts'
import { fieldAt, Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'

const readId = (r: ProtoReader): string => {
  const id = r.span()
  return id.every((byte) => byte === 0) ? '' : bytesToHex(id)
}

/** A uint64 as the model holds numbers: bigint beyond 2^53. */
const uint64 = (value: bigint): number | bigint => (value <= 0x1f_ffff_ffff_ffffn ? Number(value) : value)

const sint32 = (zigzag: bigint): number => Number(BigInt.asIntN(32, (zigzag >> 1n) ^ -(zigzag & 1n)))

/** One occurrence of a field with one value, the reader behind its tag. */
export const readScalar = (r: ProtoReader, tag: number, field: MessageField): Value => {
  switch (field.kind) {
    case Kind.text:
      return r.text()
    case Kind.traceId:
    case Kind.spanId:
      return readId(r)
    case Kind.time:
      return r.fixed64()
    case Kind.count:
      return uint64(r.fixed64())
    case Kind.uint32:
      return Number(BigInt.asUintN(32, r.varint64()))
    case Kind.fixed32:
      return r.fixed32()
    case Kind.enum:
      return Number(BigInt.asIntN(32, r.varint64()))
    case Kind.sint32:
      return sint32(r.varint64())
    case Kind.bool:
      return r.varint64() !== 0n
    case Kind.number:
      if (tag === field.alternative) return intValue(BigInt.asIntN(64, r.fixed64()))!
      return doubleValue(r.double())
    default:
      return doubleValue(r.double())
  }
}

/** One occurrence of a repeated number, packed or not, appended to `into`. */
export const readNumbers = (r: ProtoReader, tag: number, field: MessageField, into: Value[]): void => {
  if (tag === field.alternative) {
    into.push(readRepeated(r, field.kind))
    return
  }
  const outer = r.enter()
  while (r.at < r.end) into.push(readRepeated(r, field.kind))
  r.leave(outer)
}

const readRepeated = (r: ProtoReader, kind: Kind): Value => {
  if (kind === Kind.doubles) return doubleValue(r.double())
  return uint64(kind === Kind.counts ? r.varint64() : r.fixed64())
}

/** What a field reads as where it does not stand; undefined for those that know whether they are there. */
export const absent = (field: MessageField): Value | undefined => {
  switch (field.kind) {
    case Kind.text:
    case Kind.traceId:
    case Kind.spanId:
      return ''
    case Kind.time:
      return 0n
    case Kind.bool:
      return false
    case Kind.double:
      return new Double(0)
    case Kind.optionalDouble:
    case Kind.number:
      return undefined
    case Kind.fixedCounts:
    case Kind.counts:
    case Kind.doubles:
    case Kind.messages:
      return []
    case Kind.entries:
      return newMap()
    case Kind.message:
      return emptyMessage(field.message!)
    default:
      return 0
  }
}

const emptyMessage = (message: Message): Record<string, Value> => {
  const map = newMap()
  for (const field of message.fields) {
    const value = field.isChoice ? undefined : absent(field)
    if (value !== undefined) map[field.name] = value
  }
  return map
}

/** The message that is open. Occurrences of one inner message are merged, as protobuf has it. */
export const readMessage = (r: ProtoReader, message: Message, into = emptyMessage(message)): ValueMap => {
  while (r.at < r.end) {
    const tag = r.varint()
    const field = fieldAt(message, tag)
    if (field === undefined) r.skip(tag)
    else readInto(r, tag, field, into)
  }
  return into
}

const readInto = (r: ProtoReader, tag: number, field: MessageField, into: Record<string, Value>): void => {
  switch (field.kind) {
    case Kind.fixedCounts:
    case Kind.counts:
    case Kind.doubles:
      readNumbers(r, tag, field, into[field.name] as Value[])
      return
    case Kind.entries: {
      const [key, value] = readEntry(r, 0)
      const map = into[field.name] as Record<string, Value>
      if (!(key in map)) map[key] = value
      return
    }
    case Kind.message:
    case Kind.messages: {
      const outer = r.enter()
      const old = into[field.name]
      if (field.kind === Kind.messages) (old as Value[]).push(readMessage(r, field.message!))
      else readMessage(r, field.message!, isMap(old) ? (old as Record<string, Value>) : undefined)
      r.leave(outer)
      return
    }
    default:
      into[field.name] = readScalar(r, tag, field)
  }
}
