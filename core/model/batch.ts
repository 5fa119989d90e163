/**
 * Batches: immutable lists of parts. Filtering and editing share what did not change; a batch in which nothing changed
 * is handed back as it is.
 */
import { encodeParts } from './encode.ts'
import type { Part } from './part.ts'
import type { Batch, Draft, EncodeFormat, LogBatch, LogRecord } from './types.ts'

export class PartsBatch implements Batch<'logs'> {
  readonly signal = 'logs'
  readonly count: number
  readonly parts: readonly Part[]

  constructor(parts: readonly Part[]) {
    this.parts = parts
    let count = 0
    for (const part of parts) count += part.count
    this.count = count
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

  at(index: number): LogRecord {
    let rest = index
    for (const part of this.parts) {
      if (rest >= 0 && rest < part.count) return part.at(rest)
      rest -= part.count
    }
    throw new RangeError(`no record ${index} in a batch of ${this.count}`)
  }

  *[Symbol.iterator](): Iterator<LogRecord> {
    for (const part of this.parts) for (let i = 0; i < part.count; i++) yield part.at(i)
  }

  filter(keep: (record: LogRecord, index: number) => boolean): LogBatch {
    const parts: Part[] = []
    let base = 0
    let same = true
    for (const part of this.parts) {
      const kept = filterPart(part, keep, base)
      if (kept !== part) same = false
      if (kept) parts.push(kept)
      base += part.count
    }
    return same ? this : new PartsBatch(parts)
  }

  edit(change: (draft: Draft, index: number) => void): LogBatch {
    const parts: Part[] = []
    let base = 0
    let same = true
    for (const part of this.parts) {
      const edited = editPart(part, change, base)
      if (edited.length !== 1 || edited[0] !== part) same = false
      parts.push(...edited)
      base += part.count
    }
    return same ? this : new PartsBatch(parts)
  }

  groupBy(key: (record: LogRecord) => string): Map<string, LogBatch> {
    const groups = new Map<string, Part[]>()
    for (const part of this.parts) {
      for (const [name, group] of groupPart(part, key)) {
        const parts = groups.get(name)
        if (parts) parts.push(group)
        else groups.set(name, [group])
      }
    }
    if (groups.size === 1) for (const name of groups.keys()) return new Map([[name, this]])
    return new Map(Array.from(groups, ([name, parts]) => [name, new PartsBatch(parts)]))
  }

  slice(from: number, to = this.count): LogBatch {
    const [first, last] = [Math.max(0, from), Math.min(to, this.count)]
    if (first === 0 && last === this.count) return this
    const parts: Part[] = []
    let base = 0
    for (const part of this.parts) {
      const [start, end] = [Math.max(0, first - base), Math.min(part.count, last - base)]
      if (start < end) parts.push(start === 0 && end === part.count ? part : part.slice(start, end))
      base += part.count
    }
    return new PartsBatch(parts)
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
    return encodeParts(this.parts, format)
  }
}

const filterPart = (
  part: Part,
  keep: (record: LogRecord, index: number) => boolean,
  base: number,
): Part | undefined => {
  const cursor = part.cursor()
  const kept = new Int32Array(part.count)
  let count = 0
  for (let i = 0; i < part.count; i++) {
    cursor.move(i)
    if (keep(cursor.record, base + i)) kept[count++] = i
  }
  if (count === part.count) return part
  return count === 0 ? undefined : part.pick(kept.subarray(0, count))
}

const editPart = (part: Part, change: (draft: Draft, index: number) => void, base: number): readonly Part[] => {
  const editor = part.editor()
  for (let i = 0; i < part.count; i++) {
    editor.open(i)
    change(editor.draft, base + i)
    editor.close()
  }
  return editor.finish()
}

const groupPart = (part: Part, key: (record: LogRecord) => string): Map<string, Part> => {
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
