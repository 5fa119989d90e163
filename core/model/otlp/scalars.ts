/** The fields of a LogRecord that are no lists, each by its tag. */
import { bytesToHex } from '../id.ts'
import type { Value } from '../types.ts'
import { ATTRIBUTE } from './places.ts'
import type { ProtoReader } from './read.ts'
import { readValue } from './read.ts'

/** What a record says that lacks the field. */
export const absent = (tag: number): Value | undefined => {
  if (tag === 42 || tag === ATTRIBUTE) return undefined
  if (tag === 9 || tag === 89) return 0n
  return tag === 26 || tag === 74 || tag === 82 || tag === 98 ? '' : 0
}

/** The field whose tag was read. */
export const readScalar = (r: ProtoReader, tag: number): Value => {
  switch (tag) {
    case 9:
    case 89:
      return r.fixed64()
    case 16:
      return r.bytes[r.at]! < 128 ? r.varint() : Number(BigInt.asIntN(32, r.varint64()))
    case 56:
      return Number(BigInt.asUintN(32, r.varint64()))
    case 69:
      return r.fixed32()
    case 74:
    case 82: {
      const id = r.span()
      return id.every((byte) => byte === 0) ? '' : bytesToHex(id)
    }
    case 42: {
      const outer = r.enter()
      const value = readValue(r, 0)
      r.leave(outer)
      return value
    }
    default:
      return r.text()
  }
}
