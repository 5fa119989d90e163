/**
 * Batches: immutable lists of parts. Filtering and editing share what did not change; a batch in which nothing changed
 * is handed back as it is.
 */
import { encodeParts } from './encode.ts'
import type { Part } from './part.ts'
import type { Batch, DraftOf, EncodeFormat, RecordOf, Signal } from './types.ts'

export class PartsBatch<S extends Signal> implements Batch<S> {
  readonly signal: S
  readonly count: number
  readonly parts: readonly Part<S>[]

  constructor(signal: S, parts: readonly Part<S>[]) {
    this.signal = signal
    this.parts = parts
    let count = 0
    for (const part of parts) count += part.count
    this.count = count
  }

  get points(): number {
    let points = 0
    for (const part of this.parts) points += part.points
    return points
  }

  get bytes(): number {
    let bytes = 0
    for (const part of this.parts) bytes += part.bytes
    return bytes
  }

  get pinned(): number {
    const buffers = new Set<ArrayBufferLike>()
    let pinned = 0
    for (const { buffer, bytes } of this.parts) {
      if (buffer === undefined) pinned += bytes
      else if (!buffers.has(buffer)) {
        buffers.add(buffer)
        pinned += buffer.byteLength
      }
    }
    return pinned
  }

  at(index: number): RecordOf[S] {
    let rest = index
    for (const part of this.parts) {
      if (rest >= 0 && rest < part.count) return part.at(rest)
      rest -= part.count
    }
    throw new RangeError(`no record ${index} in a batch of ${this.count}`)
  }

  *[Symbol.iterator](): Iterator<RecordOf[S]> {
    for (const part of this.parts) for (let i = 0; i < part.count; i++) yield part.at(i)
  }

  filter(keep: (record: RecordOf[S], index: number) => boolean): Batch<S> {
    const parts: Part<S>[] = []
    let base = 0
    let same = true
    for (const part of this.parts) {
      const kept = filterPart(part, keep, base)
      if (kept !== part) same = false
      if (kept) parts.push(kept)
      base += part.count
    }
    return same ? this : new PartsBatch(this.signal, parts)
  }

  edit(change: (draft: DraftOf[S], index: number) => void): Batch<S> {
    const parts: Part<S>[] = []
    let base = 0
    let same = true
    for (const part of this.parts) {
      const edited = editPart(part, change, base)
      if (edited.length !== 1 || edited[0] !== part) same = false
      parts.push(...edited)
      base += part.count
    }
    return same ? this : new PartsBatch(this.signal, parts)
  }

  groupBy(key: (record: RecordOf[S]) => string): Map<string, Batch<S>> {
    const groups = new Map<string, Part<S>[]>()
    for (const part of this.parts) {
      for (const [name, group] of groupPart(part, key)) {
        const parts = groups.get(name)
        if (parts) parts.push(group)
        else groups.set(name, [group])
      }
    }
    if (groups.size === 1) for (const name of groups.keys()) return new Map([[name, this]])
    return new Map(Array.from(groups, ([name, parts]) => [name, new PartsBatch(this.signal, parts)]))
  }

  slice(from: number, to = this.count): Batch<S> {
    const [first, last] = [Math.max(0, from), Math.min(to, this.count)]
    if (first === 0 && last === this.count) return this
    const parts: Part<S>[] = []
    let base = 0
    for (const part of this.parts) {
      const [start, end] = [Math.max(0, first - base), Math.min(part.count, last - base)]
      if (start < end) parts.push(start === 0 && end === part.count ? part : part.slice(start, end))
      base += part.count
    }
    return new PartsBatch(this.signal, parts)
  }

  origins(): ReadonlyMap<string, number> {
    const highest = new Map<string, number>()
    for (const part of this.parts) part.origins(highest)
    return highest
  }

  get hasOrigins(): boolean {
    return this.parts.every((part) => part.hasOrigins)
  }

  encode(format: EncodeFormat): readonly Uint8Array[] {
    return encodeParts(this.signal, this.parts as readonly Part<never>[], format)
  }
}

/** Indexes of records that stay, for whoever filters next; taken out while it is in use. */
let spare: Int32Array | undefined
const KEPT_MOST = 65_536

const filterPart = <S extends Signal>(
  part: Part<S>,
  keep: (record: RecordOf[S], index: number) => boolean,
  base: number,
): Part<S> | undefined => {
  const cursor = part.cursor()
  const kept = spare !== undefined && spare.length >= part.count ? spare : new Int32Array(part.count)
  spare = undefined
  let count = 0
  for (let i = 0; i < part.count; i++) {
    cursor.move(i)
    if (keep(cursor.record, base + i)) kept[count++] = i
  }
  if (kept.length <= KEPT_MOST) spare = kept
  if (count === part.count) return part
  return count === 0 ? undefined : part.pick(kept.subarray(0, count))
}

const editPart = <S extends Signal>(
  part: Part<S>,
  change: (draft: DraftOf[S], index: number) => void,
  base: number,
): readonly Part<S>[] => {
  const editor = part.editor()
  for (let i = 0; i < part.count; i++) {
    editor.open(i)
    change(editor.draft, base + i)
    editor.close()
  }
  return editor.finish()
}

const groupPart = <S extends Signal>(part: Part<S>, key: (record: RecordOf[S]) => string): Map<string, Part<S>> => {
  const cursor = part.cursor()
  const indexes = new Map<string, number[]>()
  for (let i = 0; i < part.count; i++) {
    cursor.move(i)
    const name = key(cursor.record)
    const known = indexes.get(name)
    if (known) known.push(i)
    else indexes.set(name, [i])
  }
  if (indexes.size === 1) for (const name of indexes.keys()) return new Map([[name, part]])
  return new Map(Array.from(indexes, ([name, list]) => [name, part.pick(Int32Array.from(list))]))
}
