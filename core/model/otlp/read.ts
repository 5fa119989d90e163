/**
 * OTLP protobuf read into values, with every length, wire type, depth and text checked. Unknown fields are skipped.
 * Errors are `CollectorError('invalid_data')` and name the offset. The grammar stands in write.ts.
 */
import { isUtf8 } from 'node:buffer'
import { CollectorError } from '../errors.ts'
import { asBytes, wordsOf } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { textAt } from '../strings.ts'
import { doubleValue, intValue, newMap, VALUE_DEPTH_MAX } from '../value.ts'
import type { Value, ValueMap } from '../types.ts'

export class ProtoReader {
  readonly bytes: Bytes
  at: number
  end: number
  #words: DataView | undefined

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = asBytes(bytes)
    this.at = at
    this.end = end
  }

  /** The same bytes, for looking at several at once. */
  get words(): DataView {
    this.#words ??= wordsOf(this.bytes)
    return this.#words
  }

  fail(reason: string, at = this.at): never {
    throw new CollectorError('invalid_data', `OTLP protobuf: ${reason} at byte ${at}`)
  }

  /** A varint of up to 53 bits: tags, lengths and counts. */
  varint(): number {
    const { bytes, end } = this
    const start = this.at
    const first = bytes[start]!
    if (first < 128 && start < end) {
      this.at = start + 1
      return first
    }
    let value = 0
    let scale = 1
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      if (at - start >= 8) this.fail('number out of range', start)
      value += (byte & 127) * scale
      if (byte < 128) {
        this.at = at + 1
        return value
      }
      scale *= 128
    }
    return this.fail('truncated number', start)
  }

  /** A varint of 64 bits, as unsigned. */
  varint64(): bigint {
    const start = this.at
    let value = 0n
    for (let shift = 0n; this.at < this.end; shift += 7n) {
      if (shift > 63n) this.fail('number longer than ten bytes', start)
      const byte = this.bytes[this.at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    return this.fail('truncated number', start)
  }

  skipVarint(): void {
    const { bytes } = this
    const start = this.at
    const end = Math.min(this.end, start + 10)
    for (let at = start; at < end; at++) {
      if (bytes[at]! < 128) {
        this.at = at + 1
        return
      }
    }
    this.fail(this.end - start < 10 ? 'truncated number' : 'number longer than ten bytes', start)
  }

  int64(): number | bigint {
    return intValue(BigInt.asIntN(64, this.varint64()))!
  }

  need(count: number): number {
    const at = this.at
    if (count > this.end - at) this.fail(`${count} bytes announced, ${this.end - at} there`)
    this.at = at + count
    return at
  }

  fixed32(): number {
    return this.bytes.readUInt32LE(this.need(4))
  }
  fixed64(): bigint {
    return this.bytes.readBigUInt64LE(this.need(8))
  }
  double(): number {
    return this.bytes.readDoubleLE(this.need(8))
  }

  text(): string {
    const length = this.varint()
    const at = this.need(length)
    return this.textOf(at, at + length)
  }

  textOf(at: number, end: number): string {
    const text = textAt(this.bytes, at, end)
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(at, end))) this.fail('text is not UTF-8', at)
    return text
  }

  span(): Uint8Array {
    const length = this.varint()
    const at = this.need(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Opens a length-delimited message: the end to restore with `leave`. */
  enter(): number {
    const length = this.varint()
    const outer = this.end
    if (length > outer - this.at) this.fail(`${length} bytes announced, ${outer - this.at} there`)
    this.end = this.at + length
    return outer
  }
  leave(outer: number): void {
    this.at = this.end
    this.end = outer
  }

  skip(tag: number): void {
    const wire = tag & 7
    if (tag < 8) this.fail('field number 0')
    if (wire === 0) this.skipVarint()
    else if (wire === 1) this.need(8)
    else if (wire === 2) this.need(this.varint())
    else if (wire === 5) this.need(4)
    else this.fail(`wire type ${wire}`)
  }
}

/** One AnyValue whose message is open. The last member wins, as protobuf has it. */
export const readValue = (r: ProtoReader, depth: number): Value => {
  if (depth > VALUE_DEPTH_MAX) r.fail(`nested deeper than ${VALUE_DEPTH_MAX}`)
  let value: Value = null
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) value = r.text()
    else if (tag === 16) value = r.varint64() !== 0n
    else if (tag === 24) value = r.int64()
    else if (tag === 33) value = doubleValue(r.double())
    else if (tag === 42) value = readList(r, depth)
    else if (tag === 50) value = readMap(r, depth)
    else if (tag === 58) value = new Uint8Array(r.span())
    else r.skip(tag)
  }
  return value
}

const readList = (r: ProtoReader, depth: number): readonly Value[] => {
  const outer = r.enter()
  const items: Value[] = []
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag !== 10) {
      r.skip(tag)
      continue
    }
    const list = r.enter()
    items.push(readValue(r, depth + 1))
    r.leave(list)
  }
  r.leave(outer)
  return items
}

const readMap = (r: ProtoReader, depth: number): ValueMap => {
  const outer = r.enter()
  const map = newMap()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag !== 10) {
      r.skip(tag)
      continue
    }
    const [key, value] = readEntry(r, depth + 1)
    if (!(key in map)) map[key] = value
  }
  r.leave(outer)
  return map
}

/** A KeyValue, its message not yet open. */
export const readEntry = (r: ProtoReader, depth: number): readonly [string, Value] => {
  const outer = r.enter()
  let key = ''
  let value: Value = null
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) key = r.text()
    else if (tag === 18) {
      const entry = r.enter()
      value = readValue(r, depth)
      r.leave(entry)
    } else r.skip(tag)
  }
  r.leave(outer)
  return [key, value]
}

/** Whether a KeyValue, its message not yet open, has this key. */
export const hasKey = (r: ProtoReader, key: Uint8Array): boolean => {
  r.enter()
  let isKey = key.length === 0
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag !== 10) {
      r.skip(tag)
      continue
    }
    const length = r.varint()
    const at = r.need(length)
    isKey = length === key.length
    for (let i = 0; isKey && i < length; i++) isKey = r.bytes[at + i] === key[i]
  }
  return isKey
}

/** The value of a KeyValue, its message not yet open, if it has this key; else undefined, and it is passed over. */
export const readEntryIf = (r: ProtoReader, key: Uint8Array): Value | undefined => {
  const outer = r.enter()
  let isKey = key.length === 0
  let valueAt = -1
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) {
      const length = r.varint()
      const at = r.need(length)
      isKey = length === key.length
      for (let i = 0; isKey && i < length; i++) isKey = r.bytes[at + i] === key[i]
    } else {
      if (tag === 18) valueAt = r.at
      r.skip(tag)
    }
  }
  let value: Value | undefined
  if (isKey) {
    value = null
    if (valueAt >= 0) {
      r.at = valueAt
      const entry = r.enter()
      value = readValue(r, 0)
      r.leave(entry)
      r.at = r.end
    }
  }
  r.leave(outer)
  return value
}
