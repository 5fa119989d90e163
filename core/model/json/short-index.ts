/** Reading a line by the short index of its shape. */
import type { Bytes } from '../bytes.ts'
import type { Value, ValueKind } from '../types.ts'
import { kindOf } from '../value.ts'
import { MAP, QUOTE, Scanner } from './scan.ts'
import type { Shape, ShapeEntry } from './shape.ts'
import type { Spot } from './spot.ts'
import { scalarAt } from './tape.ts'

/** The value of a scalar of the line whose index begins at `root`. */
export const scalarIn = (bytes: Bytes, words: Int32Array, root: number, { word }: ShapeEntry): Value =>
  scalarAt(bytes, words[root + word]!, words[root + word + 1]!)

export const kindIn = (bytes: Bytes, words: Int32Array, root: number, entry: ShapeEntry): ValueKind => {
  if (entry.bracket !== 0) return entry.bracket === MAP ? 'map' : 'list'
  return bytes[words[root + entry.word]!] === QUOTE ? 'string' : kindOf(scalarIn(bytes, words, root, entry))
}

/** What a path leads to in a line as it came. */
export const entryAt = (shape: Shape, { step, keys }: Spot): ShapeEntry | undefined => {
  if (step !== undefined) {
    const place = shape.untouched.place(step)
    return place < 0 ? undefined : shape.at(place >> 1)
  }
  let entry = 0
  for (let i = 0; i < keys.length && entry >= 0; i++) entry = shape.child(entry, keys[i]!)
  return entry < 0 ? undefined : shape.at(entry)
}

const scanner = new Scanner()

/** A whole tape of the value at `start`, for one reading: the next call writes over it. */
export const wholeTape = (bytes: Bytes, start: number): Int32Array => {
  scanner.length = 0
  scanner.scan(bytes, start)
  return scanner.words
}
