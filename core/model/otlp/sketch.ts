/**
 * Edits of single attributes of a log record without decoding it: where each attribute stands, which of them go, and the
 * bytes of those that are written anew. What comes of it is the record's own bytes with pieces left out and put in.
 *
 * It is for records as nearly everybody writes them, each attribute its key and then its value; of others it says so.
 */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { Handle } from '../path.ts'
import { textAt } from '../strings.ts'
import type { Value } from '../types.ts'
import { asValue } from '../value.ts'
import { ROW, ROW_END, ROW_START } from './block.ts'
import type { OtlpBlock } from './block.ts'
import type { BlockBuilder } from './block-builder.ts'
import { ProtoReader, readValue } from './read.ts'
import { keyBytes } from './reader.ts'
import { entryBytes, passingEntryBytes } from './write.ts'

const ATTRIBUTE = 50
const KEY = 10
const VALUE = 18
const STRING = 10

/** Texts that are set again and again are encoded once for each path. */
const KEPT_MOST = 256
const KEPT_CHARACTERS = 64

const encoded = (at: Handle, value: Value): Bytes => {
  if (typeof value !== 'string' || value.length > KEPT_CHARACTERS)
    return asBytes(passingEntryBytes(String(at.rest[0]), value))
  const kept = (at.otlpEntries ??= new Map())
  const known = kept.get(value)
  if (known !== undefined) return known
  const made = asBytes(entryBytes(String(at.rest[0]), value))
  if (kept.size < KEPT_MOST) kept.set(value, made)
  return made
}

/** As it came, gone, or written anew. */
type State = 0 | 1 | 2
const CAME: State = 0
const GONE: State = 1
const MADE: State = 2

const isEqual = (bytes: Uint8Array, from: number, key: Uint8Array): boolean => {
  for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key[i]) return false
  return true
}

export class Sketch {
  readonly #block: OtlpBlock
  readonly #r: ProtoReader
  #row = 0
  /** Attributes that came. */
  #count = 0
  /** With those put behind them. */
  #total = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #keys: number[] = []
  readonly #values: number[] = []
  readonly #states: State[] = []
  readonly #entries: Bytes[] = []
  readonly #made: Value[] = []
  readonly #names: Uint8Array[] = []

  constructor(block: OtlpBlock) {
    this.#block = block
    this.#r = new ProtoReader(block.bytes)
  }

  /** False when the record is written in a way that this cannot take. */
  open(row: number): boolean {
    this.#row = row
    this.#count = 0
    const { rows } = this.#block
    const r = this.#r
    r.at = rows[row * ROW + ROW_START]!
    r.end = rows[row * ROW + ROW_END]!
    while (r.at < r.end) {
      const start = r.at
      const tag = r.varint()
      if (tag !== ATTRIBUTE) r.skip(tag)
      else if (!this.#add(start)) return false
    }
    this.#total = this.#count
    return true
  }

  /** An attribute whose tag was read. */
  #add(start: number): boolean {
    const r = this.#r
    const length = r.varint()
    const { bytes, at } = r
    const end = at + length
    const value = at + 2 + bytes[at + 1]!
    if (length < 4 || bytes[at] !== KEY || bytes[at + 1]! > 127 || value >= end || bytes[value] !== VALUE) return false
    r.at = value + 1
    if (r.varint() !== end - r.at) return false
    const i = this.#count++
    this.#starts[i] = start
    this.#ends[i] = end
    this.#keys[i] = at + 2
    this.#values[i] = r.at
    this.#states[i] = CAME
    r.at = end
    return true
  }

  #isNamed(i: number, key: Uint8Array): boolean {
    if (i < this.#count) {
      const { bytes } = this.#block
      const from = this.#keys[i]!
      return bytes[from - 1] === key.length && isEqual(bytes, from, key)
    }
    const name = this.#names[i]!
    return name === key || (name.length === key.length && isEqual(name, 0, key))
  }

  #find(key: Uint8Array, from = 0): number {
    for (let i = from; i < this.#total; i++) if (this.#states[i] !== GONE && this.#isNamed(i, key)) return i
    return -1
  }

  has(at: Handle): boolean {
    return this.#find(keyBytes(at)) >= 0
  }

  /** The attribute that `at` leads to or into. */
  get(at: Handle): Value | undefined {
    const i = this.#find(keyBytes(at))
    if (i < 0) return undefined
    if (this.#states[i] === MADE) return this.#made[i]
    const { bytes } = this.#block
    const start = this.#values[i]!
    const end = this.#ends[i]!
    if (bytes[start] === STRING && end === start + 2 + bytes[start + 1]! && bytes[start + 1]! < 128)
      return textAt(bytes, start + 2, end)
    const r = this.#r
    r.at = start
    r.end = end
    return readValue(r, 0)
  }

  /** The first of that name changes, others of that name go. */
  set(at: Handle, input: Value): void {
    const value = asValue(input)
    const key = keyBytes(at)
    let i = this.#find(key)
    if (i < 0) {
      i = this.#total++
      this.#names[i] = key
    } else for (let j = this.#find(key, i + 1); j >= 0; j = this.#find(key, j + 1)) this.#states[j] = GONE
    this.#states[i] = MADE
    this.#made[i] = value
    this.#entries[i] = encoded(at, value)
  }

  delete(at: Handle): void {
    const key = keyBytes(at)
    for (let i = this.#find(key); i >= 0; i = this.#find(key, i + 1)) this.#states[i] = GONE
  }

  /** Writes the record as it is now. */
  write(out: BlockBuilder<'logs'>): void {
    const { bytes, rows } = this.#block
    const start = rows[this.#row * ROW + ROW_START]!
    const end = rows[this.#row * ROW + ROW_END]!
    let length = end - start
    for (let i = 0; i < this.#total; i++) {
      if (this.#states[i] !== CAME && i < this.#count) length -= this.#ends[i]! - this.#starts[i]!
      if (this.#states[i] === MADE) length += this.#entries[i]!.length
    }
    out.begin(this.#row, length)
    let from = start
    for (let i = 0; i < this.#total; i++) {
      const state = this.#states[i]!
      if (state === CAME) continue
      const isNew = i >= this.#count
      if (from < end) out.span(bytes, from, isNew ? end : this.#starts[i]!)
      from = isNew ? end : this.#ends[i]!
      if (state === MADE) out.span(this.#entries[i]!, 0, this.#entries[i]!.length)
    }
    if (from < end) out.span(bytes, from, end)
  }
}
