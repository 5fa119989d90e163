/**
 * The block an edit leaves behind. Nothing is copied until the first record changes; from then on the records are laid
 * side by side in a buffer that is kept for the next edit, and taken out of it once.
 */
import { wordsOf } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { Signal } from '../types.ts'
import { OtlpGroup, ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START, ROW_TAG } from './block.ts'
import type { OtlpPart } from './part.ts'

/** Field 2 of ScopeLogs and its like: the repeated record. */
const RECORD = 18
/** A tag and the longest length. */
const HEAD_MOST = 6
const START_SIZE = 65_536
/** A buffer that one huge request made larger than this is let go. */
const KEEP_MAX = 4 * 1_024 * 1_024
const ROWS_MOST = 65_536
/** Beyond this a call is faster than a loop over eight bytes at a time. */
const LOOP_MOST = 192

/** Where records are laid side by side, and their rows. `words` are the same bytes. */
interface Room {
  bytes: Bytes
  words: DataView
  rows: Int32Array
}

const withWords = (bytes: Bytes): Pick<Room, 'bytes' | 'words'> => ({ bytes, words: wordsOf(bytes) })

/** For whoever edits next; taken out while it is in use. */
let spare: Room | undefined

const takeRoom = (count: number): Room => {
  const room = spare ?? { ...withWords(Buffer.allocUnsafeSlow(START_SIZE) as Bytes), rows: new Int32Array(0) }
  spare = undefined
  if (room.rows.length < count * ROW) room.rows = new Int32Array(count * ROW)
  return room
}

export class BlockBuilder<S extends Signal> {
  readonly #part: OtlpPart<S>
  readonly #blockWords: () => DataView
  #groups: readonly OtlpGroup[]
  /** Undefined until the first change; what is in it stands below. */
  #room: Room | undefined
  #out: Bytes | undefined
  #words: DataView | undefined
  #rows: Int32Array | undefined
  #at = 0
  #count = 0
  #mayBeNamed: boolean

  /** `blockWords`: the bytes of the part's block, for looking at several at once. */
  constructor(part: OtlpPart<S>, blockWords = (): DataView => wordsOf(part.block.bytes)) {
    this.#part = part
    this.#blockWords = blockWords
    this.#groups = part.block.groups
    this.#mayBeNamed = part.block.mayBeNamed
  }

  /** A row as it is. */
  copy(row: number): void {
    if (this.#out === undefined) this.#count++
    else this.#put(row)
  }

  /** A row whose record was written anew, as field 2 with its tag and length. */
  replace(row: number, bytes: Uint8Array, group: number): void {
    this.#change()
    this.mayBeNamed()
    let start = 1
    while (bytes[start]! > 127) start++
    const from = this.#at
    this.#reserve(bytes.length)
    this.all(bytes)
    this.#note(row, group, from, from + start + 1)
  }

  /** A row whose record is written anew in pieces of so many bytes together, which `head` and `span` bring next. */
  begin(row: number, length: number): void {
    this.#change()
    this.#reserve(length + HEAD_MOST)
    const from = this.#at
    this.head(RECORD, length)
    this.#note(row, this.#part.block.rows[row * ROW + ROW_GROUP]!, from, this.#at, this.#at + length)
  }

  /** The tag of a message and its length. */
  head(tag: number, length: number): void {
    const out = this.#out!
    let at = this.#at
    out[at++] = tag
    let rest = length
    for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128
    out[at++] = rest
    this.#at = at
  }

  /** Bytes of a record that was begun, for which there is room; `words` are the same bytes, for looking at several at once. */
  span(bytes: Bytes, words: DataView, from: number, to: number): void {
    let at = this.#at
    this.#at = at + to - from
    if (to - from > LOOP_MOST) {
      bytes.copy(this.#out!, at, from, to)
      return
    }
    if (to - from < 8) {
      const out = this.#out!
      for (let i = from; i < to; i++) out[at++] = bytes[i]!
      return
    }
    // The last eight overlap those before.
    const out = this.#words!
    const last = to - 8
    for (let i = from; i < last; i += 8, at += 8) out.setBigInt64(at, words.getBigInt64(i, true), true)
    out.setBigInt64(this.#at - 8, words.getBigInt64(last, true), true)
  }

  /** The same of a whole array. */
  all(bytes: Uint8Array): void {
    this.#out!.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** A record may have been given the name of an event. */
  mayBeNamed(): void {
    this.#mayBeNamed = true
  }

  drop(): void {
    this.#change()
  }

  group(index: number): OtlpGroup {
    return this.#groups[index]!
  }

  /** The number of a new group. */
  addGroup(resource: Uint8Array, scope: Uint8Array): number {
    this.#groups = [...this.#groups, new OtlpGroup(resource, scope)]
    return this.#groups.length - 1
  }

  /** What went before the first change is copied now. */
  #change(): void {
    if (this.#room !== undefined) return
    this.#room = takeRoom(this.#part.count)
    this.#out = this.#room.bytes
    this.#words = this.#room.words
    this.#rows = this.#room.rows
    const before = this.#count
    this.#count = 0
    for (let i = 0; i < before; i++) this.#put(this.#part.row(i))
  }

  #reserve(length: number): void {
    const out = this.#out!
    if (this.#at + length <= out.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * out.length, this.#at + length)) as Bytes
    out.copy(larger, 0, 0, this.#at)
    Object.assign(this.#room!, withWords(larger))
    this.#out = larger
    this.#words = this.#room!.words
  }

  #put(row: number): void {
    const { rows, bytes } = this.#part.block
    const at = row * ROW
    const tag = rows[at + ROW_TAG]!
    const from = this.#at
    this.#reserve(rows[at + ROW_END]! - tag)
    this.span(bytes, this.#blockWords(), tag, rows[at + ROW_END]!)
    this.#note(row, rows[at + ROW_GROUP]!, from, from + rows[at + ROW_START]! - tag)
  }

  #note(row: number, group: number, from: number, start: number, end = this.#at): void {
    const at = this.#count++ * ROW
    const rows = this.#rows!
    rows[at + ROW_TAG] = from
    rows[at + ROW_START] = start
    rows[at + ROW_END] = end
    rows[at + ROW_GROUP] = group
    rows[at + ROW_OFFSET] = this.#part.block.rows[row * ROW + ROW_OFFSET]!
  }

  /** The part itself when nothing changed. */
  finish(): readonly OtlpPart<S>[] {
    const out = this.#out
    if (out === undefined) return [this.#part]
    if (out.length <= KEEP_MAX && this.#rows!.length <= ROWS_MOST * ROW) spare = this.#room
    this.#out = undefined
    if (this.#count === 0) return []
    const bytes = Buffer.allocUnsafeSlow(this.#at) as Bytes
    out.copy(bytes, 0, 0, this.#at)
    const rows = this.#rows!.slice(0, this.#count * ROW)
    const block = { bytes, rows, groups: this.#groups, origin: this.#part.block.origin }
    return [this.#part.over({ ...block, isRequest: false, mayBeNamed: this.#mayBeNamed })]
  }
}
