/**
 * A message as a tree over its bytes: opened one level at a time, where somebody reads or edits below it. A node that
 * nobody opened is its bytes; one that was edited is written anew from the bytes of all that did not change. So an edit
 * costs what it touches, and everything else (unknown fields, duplicate keys, odd encodings) stays as it came.
 */
import type { Value, ValueMap } from '../../types.ts'
import { newMap } from '../../value.ts'
import { hasKey, ProtoReader, readEntry, readEntryIf } from '../read.ts'
import type { BackWriter } from '../writer.ts'
import { written } from './written.ts'
import { absent, readMessage, readNumbers, readScalar } from './read.ts'
import { fieldAt, Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'

/** One occurrence of a field. */
export interface Item {
  readonly field: MessageField | undefined
  readonly tag: number
  readonly r: ProtoReader
  /** From the tag, from behind it, to the end. */
  readonly from: number
  readonly at: number
  readonly to: number
  node: Node | undefined
}

const isList = (kind: Kind): boolean => kind === Kind.fixedCounts || kind === Kind.counts || kind === Kind.doubles

/** Keys as bytes. Bounded: they may come from data. */
const KEYS_MAX = 2_048
const keyBytes = new Map<string, Uint8Array>()
const bytesOfKey = (key: string): Uint8Array => {
  let bytes = keyBytes.get(key)
  if (bytes === undefined) {
    bytes = Buffer.from(key)
    if (keyBytes.size < KEYS_MAX) keyBytes.set(key, bytes)
  }
  return bytes
}

export class Node {
  readonly message: Message
  readonly #parent: Node | undefined
  #r: ProtoReader
  #start: number
  #end: number
  #items: Item[] | undefined
  #runs: Map<MessageField, readonly Item[]> | undefined
  #changed = false

  constructor(message: Message, r: ProtoReader, start: number, end: number, parent?: Node) {
    this.message = message
    this.#r = r
    this.#start = start
    this.#end = end
    this.#parent = parent
  }

  /** Stands on other bytes from now on. */
  reset(r: ProtoReader, start: number, end: number): void {
    this.#r = r
    this.#start = start
    this.#end = end
    this.#items = this.#runs = undefined
    this.#changed = false
  }

  get changed(): boolean {
    return this.#changed
  }

  /** The reader at the message. */
  #open(): ProtoReader {
    const r = this.#r
    r.at = this.#start
    r.end = this.#end
    return r
  }

  items(): readonly Item[] {
    return (this.#items ??= itemsIn(this.message, this.#r, this.#start, this.#end))
  }

  /** The entries with this key. */
  entryItems(field: MessageField, key: string): readonly Item[] {
    const bytes = bytesOfKey(key)
    const found: Item[] = []
    for (const item of this.items()) if (item.field === field && hasKey(at(item), bytes)) found.push(item)
    return found
  }

  /** All occurrences of a field. Opens the message. */
  run(field: MessageField): readonly Item[] {
    this.#runs ??= new Map()
    let run = this.#runs.get(field)
    if (run === undefined) {
      run = this.items().filter((item) => item.field === field)
      this.#runs.set(field, run)
    }
    return run
  }

  /** How often a field occurs, counted in the bytes. */
  count(field: MessageField): number {
    if (this.#items) return this.run(field).length
    const r = this.#open()
    let count = 0
    while (r.at < r.end) {
      const tag = r.varint()
      r.skip(tag)
      if (tag === field.tag) count++
    }
    return count
  }

  /** The last occurrence counts, as protobuf has it. */
  scalar(field: MessageField): Value | undefined {
    if (this.#items) return this.#scalarOf(this.#items, field)
    const r = this.#open()
    let value: Value | undefined
    const numbers: Value[] | undefined = isList(field.kind) ? [] : undefined
    while (r.at < r.end) {
      const tag = r.varint()
      if (tag !== field.tag && (tag !== field.alternative || tag === 0)) r.skip(tag)
      else if (numbers) readNumbers(r, tag, field, numbers)
      else value = readScalar(r, tag, field)
    }
    return numbers ?? value ?? absent(field)
  }

  #scalarOf(items: readonly Item[], field: MessageField): Value | undefined {
    if (isList(field.kind)) {
      const numbers: Value[] = []
      for (const item of this.run(field)) readNumbers(at(item), item.tag, field, numbers)
      return numbers
    }
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i]!
      if (item.field === field) return readScalar(at(item), item.tag, field)
    }
    return absent(field)
  }

  /** The value of the first entry with this key. */
  entry(field: MessageField, key: string): Value | undefined {
    const bytes = bytesOfKey(key)
    if (this.#items) {
      for (const item of this.run(field)) {
        const value = readEntryIf(at(item), bytes)
        if (value !== undefined) return value
      }
      return undefined
    }
    const r = this.#open()
    while (r.at < r.end) {
      const tag = r.varint()
      if (tag !== field.tag) r.skip(tag)
      else {
        const value = readEntryIf(r, bytes)
        if (value !== undefined) return value
      }
    }
    return undefined
  }

  entries(field: MessageField): (readonly [string, Value])[] {
    return this.run(field).map((item) => readEntry(at(item), 0))
  }

  /** The entries as a map; the first of duplicates. */
  entriesMap(field: MessageField): ValueMap {
    const map = newMap()
    for (const [key, value] of this.entries(field)) if (!(key in map)) map[key] = value
    return map
  }

  /** The nodes of a repeated message. */
  list(field: MessageField): readonly Node[] {
    return this.run(field).map((item) => this.#nodeOf(item))
  }

  element(field: MessageField, index: number): Node | undefined {
    const item = this.run(field)[index]
    return item && this.#nodeOf(item)
  }

  #nodeOf(item: Item): Node {
    if (item.node) return item.node
    const r = at(item)
    r.enter()
    return (item.node = new Node(item.field!.message!, r, r.at, r.end, this))
  }

  /** The inner message, to be read. Several occurrences are merged, which for protobuf is joining their bytes. */
  peek(field: MessageField): Node | undefined {
    return this.#merged(this.run(field))
  }

  /** The member of a choice that is there, to be read. */
  peekChoice(): Node | undefined {
    return this.#merged(this.#choice())
  }

  /** The inner message, to be edited; it is made where it is not there yet. */
  child(field: MessageField): Node {
    return this.#single(field, this.run(field))
  }

  /** The member of a choice that is there, to be edited. */
  choice(): Node | undefined {
    const run = this.#choice()
    return run[0] && this.#single(run[0].field!, run)
  }

  /** The last member of a choice counts, with the occurrences of it that no other member interrupts. */
  #choice(): readonly Item[] {
    const choices = this.items().filter((item) => item.field?.isChoice)
    const field = choices.at(-1)?.field
    return choices.slice(choices.findLastIndex((item) => item.field !== field) + 1)
  }

  #merged(run: readonly Item[]): Node | undefined {
    const [first] = run
    if (run.length < 2) return first && this.#nodeOf(first)
    const bytes = Buffer.concat(run.map(contentOf))
    return new Node(first!.field!.message!, new ProtoReader(bytes), 0, bytes.length)
  }

  #single(field: MessageField, run: readonly Item[]): Node {
    if (run.length === 1) return this.#nodeOf(run[0]!)
    const fresh = this.replace(field, lengthDelimited(field.tag, run.map(contentOf)), run)
    return this.#nodeOf(fresh[0]!)
  }

  /**
   * Puts `bytes`, which are whole fields, where the first of `instead` stood; where nothing stood, behind others of that
   * field, or at the end.
   */
  replace(field: MessageField, bytes: Uint8Array, instead: readonly Item[] = this.run(field)): readonly Item[] {
    if (instead.length === 0 && bytes.length === 0) return instead
    const items = this.items() as Item[]
    const fresh = itemsIn(this.message, new ProtoReader(bytes), 0, bytes.length)
    const [first] = instead
    if (instead.length > 1) {
      const gone = new Set(instead.slice(1))
      this.#items = items.filter((item) => !gone.has(item))
    }
    const place = first ? this.#items!.indexOf(first) : behind(items, field)
    this.#items!.splice(place, first ? 1 : 0, ...fresh)
    this.touch()
    return fresh
  }

  /** Removes occurrences. */
  remove(gone: readonly Item[]): void {
    if (gone.length === 0) return
    const [only] = gone
    if (gone.length === 1) this.#items!.splice(this.#items!.indexOf(only!), 1)
    else {
      const set = new Set(gone)
      this.#items = this.#items!.filter((item) => !set.has(item))
    }
    this.touch()
  }

  /** Removes one occurrence, once. */
  drop(item: Item): void {
    if (this.items().includes(item)) this.remove([item])
  }

  /** What was edited here or below has to be written anew. */
  touch(): void {
    this.#runs = undefined
    this.#mark()
  }

  #mark(): void {
    if (this.#changed) return
    this.#changed = true
    const parent = this.#parent
    if (parent) parent.#mark()
  }

  /** The message, without tag and length. */
  write(w: BackWriter): void {
    if (!this.#changed) {
      w.raw(this.#r.bytes, this.#start, this.#end)
      return
    }
    const items = this.#items!
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i]!
      if (!item.node?.changed) w.raw(item.r.bytes, item.from, item.to)
      else {
        const mark = w.mark
        item.node.write(w)
        w.varint(w.mark - mark)
        w.varint(item.tag)
      }
    }
  }

  bytes(): Uint8Array {
    if (!this.#changed) return this.#r.bytes.subarray(this.#start, this.#end)
    return written((w) => this.write(w))
  }

  /** The whole message as a map. */
  value(): ValueMap {
    if (!this.#changed) return readMessage(this.#open(), this.message)
    return readMessage(new ProtoReader(this.bytes()), this.message)
  }
}

/** All occurrences of all fields between two places. */
const itemsIn = (message: Message, r: ProtoReader, start: number, end: number): Item[] => {
  r.at = start
  r.end = end
  const items: Item[] = []
  while (r.at < r.end) {
    const from = r.at
    const tag = r.varint()
    const at = r.at
    r.skip(tag)
    items.push({ field: fieldAt(message, tag), tag, r, from, at, to: r.at, node: undefined })
  }
  return items
}

/** The place behind the last occurrence of a field, or the end. */
const behind = (items: readonly Item[], field: MessageField): number => {
  for (let i = items.length - 1; i >= 0; i--) if (items[i]!.field === field) return i + 1
  return items.length
}

/** The value of an entry. */
export const valueOf = (item: Item): Value => readEntry(at(item), 0)[1]

/** The reader behind the tag of an occurrence. */
const at = (item: Item): ProtoReader => {
  const { r } = item
  r.at = item.at
  r.end = item.to
  return r
}

/** What stands inside an occurrence of a message, with the edits made so far. */
const contentOf = (item: Item): Uint8Array => item.node?.bytes() ?? at(item).span()

const head = (tag: number, length: number): number[] => {
  const bytes: number[] = []
  for (const number of [tag, length]) {
    let rest = number
    for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
    bytes.push(rest)
  }
  return bytes
}

const lengthDelimited = (tag: number, contents: readonly Uint8Array[]): Uint8Array => {
  const length = contents.reduce((sum, { length: one }) => sum + one, 0)
  return Buffer.concat([Uint8Array.from(head(tag, length)), ...contents])
}

export const emptyNode = (message: Message): Node => new Node(message, new ProtoReader(new Uint8Array(0)), 0, 0)
