/**
 * The spellings of lines met so far, as a tree of joints. Log lines repeat: the same keys in the same order, the same
 * blanks. A line that takes a known way through the tree is checked by comparing its joints and scanning its scalars,
 * and gets the short index of its shape; any other is scanned in full, and its way is learned.
 *
 * The scanner found the same joints sound in the same order before, so nothing is taken on trust. Bounded: a tree that
 * grew too large is begun anew, and where lines seldom repeat few are learned.
 */
import type { Bytes } from '../bytes.ts'
import { Joint } from './joint.ts'
import { COLON, END, LIST, literalEnd, MAP, NEXT, numberEnd, QUOTE, START, stringEnd, WORDS } from './scan.ts'
import { Scanner } from './scan.ts'
import { Shape } from './shape.ts'

/** Longer lines are not learned. */
const ENTRIES_MAX = 256
/** About 1 KiB each. */
const JOINTS_MAX = 4_096
/** Different joints behind one scalar. */
const BRANCHES_MAX = 16
/** Lines passed over between two that are learned, when nothing repeats. */
const PAUSE_MAX = 255

const NEWLINE = 10

const start = (): Joint => new Joint(new Uint8Array(0), false)

let tree = start()
let joints = 0
/** Known ways taken since a line was learned last; lines still to pass over; how many that were. */
let hits = 0
let rest = 0
let pause = 0

/** The joint that stands there; the one found last is looked for first. */
const jointAt = (list: Joint[], bytes: Uint8Array, view: DataView, at: number): Joint | undefined => {
  for (let i = 0; i < list.length; i++) {
    const joint = list[i]!
    if (!joint.fits(bytes, view, at)) continue
    if (i > 0) {
      list.copyWithin(1, 0, i)
      list[0] = joint
    }
    return joint
  }
  return undefined
}

const scalarEnd = (bytes: Uint8Array, view: DataView, at: number): number => {
  const first = bytes[at]!
  if (first === QUOTE) return stringEnd(bytes, view, at + 1)
  return first < COLON ? numberEnd(bytes, at) : literalEnd(bytes, at)
}

/** What stands between the scalars of a line that was scanned. */
const jointsOf = (bytes: Bytes, from: number, newline: number, words: Int32Array, root: number): Uint8Array[] => {
  const texts: Uint8Array[] = []
  let at = from
  for (let entry = root; entry < words[root + NEXT]!; entry += WORDS) {
    const first = words[entry + START]!
    if (bytes[first] === MAP || bytes[first] === LIST) continue
    texts.push(Uint8Array.from(bytes.subarray(at, first)))
    at = words[entry + END]! >> 1
  }
  texts.push(Uint8Array.from(bytes.subarray(at, newline + 1)))
  return texts
}

/** Whether a value has members, and not too many, and a scalar among them. */
const isFit = (bytes: Bytes, words: Int32Array, root: number): boolean => {
  const first = bytes[words[root + START]!]
  if ((first !== MAP && first !== LIST) || words[root + NEXT]! - root > ENTRIES_MAX * WORDS) return false
  for (let entry = root; entry < words[root + NEXT]!; entry += WORDS) {
    const byte = bytes[words[entry + START]!]
    if (byte !== MAP && byte !== LIST) return true
  }
  return false
}

const isDue = (): boolean => {
  if (rest > 0) {
    rest--
    return false
  }
  pause = hits > 0 ? 0 : Math.min(pause * 2 + 1, PAUSE_MAX)
  rest = pause
  hits = 0
  return true
}

/** Adds the way of a line that was scanned. */
const learn = (bytes: Bytes, from: number, newline: number, words: Int32Array, root: number): void => {
  if (!isFit(bytes, words, root) || !isDue()) return
  const shape = new Shape(bytes, from, newline, words, root)
  if (shape.isAmbiguous) return
  if (joints > JOINTS_MAX) {
    tree = start()
    joints = 0
  }
  let joint = tree
  const texts = jointsOf(bytes, from, newline, words, root)
  for (const [i, text] of texts.entries()) {
    const isLast = i === texts.length - 1
    let next = joint.next.find((one) => one.is(text, isLast))
    if (next === undefined) {
      next = new Joint(text, isLast)
      joints++
      if (joint.next.length === BRANCHES_MAX) joint.next.pop()
      joint.next.unshift(next)
    }
    joint = next
  }
  joint.shape ??= shape
}

/** Scans line by line into one array of words, as the short index of its shape or as a whole tape. */
export class LineScanner {
  readonly scanner = new Scanner()
  /** Of the last line: its shape, where it has a short index, and where its value starts and ends. */
  shape: Shape | undefined
  start = 0
  end = 0

  /** As `Scanner.scan`. A line with a shape reaches to its newline. */
  scan(bytes: Bytes, from: number): number {
    const known = this.#follow(bytes, from)
    if (known >= 0) {
      hits++
      return known
    }
    const { scanner } = this
    const root = scanner.length
    const wasOdd = scanner.odd
    scanner.odd = false
    const end = scanner.scan(bytes, from)
    this.shape = undefined
    if (end >= 0) {
      this.start = scanner.words[root + START]!
      this.end = scanner.words[root + END]! >> 1
      if (bytes[end] === NEWLINE && !scanner.odd) learn(bytes, from, end, scanner.words, root)
    }
    scanner.odd ||= wasOdd
    return end
  }

  #follow(bytes: Bytes, from: number): number {
    const { scanner } = this
    const words = scanner.reserve(ENTRIES_MAX * 2)
    const view = scanner.view(bytes)
    let top = scanner.length
    let joint = tree
    for (let at = from; ;) {
      const next = jointAt(joint.next, bytes, view, at)
      if (next === undefined) return -1
      at += next.length
      if (next.isLast) {
        const { lead, trail } = next.shape!
        this.shape = next.shape
        this.start = from + lead
        this.end = at - 1 - trail
        scanner.length = top
        return at - 1
      }
      const end = scalarEnd(bytes, view, at)
      if (end === 0) return -1
      words[top++] = at
      at = end < 0 ? -end : end
      words[top++] = at * 2 + (end >>> 31)
      joint = next
    }
  }
}
