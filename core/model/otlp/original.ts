/** Where the fields of a record stand, for copying those that an edit left alone. */
import type { Entry, PlainLog } from '../plain/record.ts'
import { ROW, ROW_END, ROW_START } from './block.ts'
import type { OtlpBlock, OtlpGroup } from './block.ts'
import { ProtoReader } from './read.ts'
import type { GroupUnknown, Original } from './write.ts'

/** Tags that plain records hold. */
const logFields: ReadonlySet<number> = new Set([9, 16, 26, 42, 50, 56, 69, 74, 82, 89, 98])

/** `plain` is the record as it was read; its attributes stand in the order of the wire. */
export const originalOf = (block: OtlpBlock, row: number, plain: PlainLog): Original => {
  const r = new ProtoReader(block.bytes, block.rows[row * ROW + ROW_START]!, block.rows[row * ROW + ROW_END]!)
  const spans = new Map<Entry, readonly [number, number]>()
  const unknown: (readonly [number, number])[] = []
  let bodySpan: readonly [number, number] | undefined
  let index = 0
  while (r.at < r.end) {
    const start = r.at
    const tag = r.varint()
    r.skip(tag)
    if (tag === 50) spans.set(plain.attributes[index++]!, [start, r.at])
    else if (tag === 42) bodySpan = [start, r.at]
    else if (!logFields.has(tag)) unknown.push([start, r.at])
  }
  return { bytes: block.bytes, spans, body: plain.body, bodySpan, unknown: unknown.toReversed() }
}

/** The fields of an open message that are not in `known`. */
const unknownIn = (r: ProtoReader, known: ReadonlySet<number>): Uint8Array => {
  const spans: Uint8Array[] = []
  while (r.at < r.end) {
    const start = r.at
    const tag = r.varint()
    r.skip(tag)
    if (!known.has(tag)) spans.push(r.bytes.subarray(start, r.at))
  }
  return Buffer.concat(spans)
}

/** The same inside each message of field 1 (Resource, Scope). */
const unknownInside = (bytes: Uint8Array, known: ReadonlySet<number>): Uint8Array => {
  const r = new ProtoReader(bytes)
  const spans: Uint8Array[] = []
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag !== 10) r.skip(tag)
    else {
      const outer = r.enter()
      spans.push(unknownIn(r, known))
      r.leave(outer)
    }
  }
  return Buffer.concat(spans)
}

const aroundFields: ReadonlySet<number> = new Set([10, 26])
const resourceFields: ReadonlySet<number> = new Set([10, 16])
const scopeFields: ReadonlySet<number> = new Set([10, 18, 26, 32])

/** What a group has that plain records do not hold. */
export const unknownOf = ({ resource, scope }: OtlpGroup): GroupUnknown => ({
  aroundResource: unknownIn(new ProtoReader(resource), aroundFields),
  inResource: unknownInside(resource, resourceFields),
  aroundScope: unknownIn(new ProtoReader(scope), aroundFields),
  inScope: unknownInside(scope, scopeFields),
})
