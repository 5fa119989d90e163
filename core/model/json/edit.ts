/**
 * Edits of one JSON value, kept as marks on its tape until it is written: unchanged bytes are copied, changed entries
 * replaced, containers with changed members written anew around the members' own bytes.
 *
 * A mark is 0 (as it is), DIRTY (a member changed), GONE (deleted) or n > 0 (replaced by values[n - 1]). What a map
 * gained stands in `added`. Inside a replaced entry edits go on in its value, copied as they need.
 */
import type { Bytes } from '../bytes.ts'
import type { PathKey, Value, ValueKind } from '../types.ts'
import { asValue, deleteIn, getIn, kindOf, newMap, setIn, VALUE_DEPTH_MAX } from '../value.ts'
import type { Output } from './output.ts'
import { LIST, MAP, NEXT, START, WORDS } from './scan.ts'
import type { Scanner } from './scan.ts'
import { DIRTY, Gains, GONE, Splicer } from './splice.ts'
import { STEPS_MAX } from './spot.ts'
import type { Spot, Step } from './spot.ts'
import { findKey, isOpaque, keyText, kindAt, mayBecomeOpaque, valueAt } from './tape.ts'
import type { TapeKey } from './tape.ts'
import { fromMembers } from './text.ts'

const MARKS_START = 1_024
const DEPTH = VALUE_DEPTH_MAX + 1

/** No such member among the line's own. */
const MISSING = -1
/** Something above it was replaced: it is looked for among values. */
const INSIDE = -2

/** The entry each step was found at, true while its stamp is that of the edits; every record takes a new stamp. */
const entries = new Int32Array(STEPS_MAX)
const stamps = new Float64Array(STEPS_MAX)
let lastStamp = 0

export class JsonEdits {
  #bytes: Bytes
  #words: Int32Array
  #root = 0
  /** The mark of an entry stands where its words would, from the root on. */
  #marks = new Int32Array(MARKS_START)
  /** Entries that have a mark, to wipe them out again. These lists keep their length and are counted beside. */
  readonly #marked: number[] = []
  #markedCount = 0
  readonly #values: Value[] = []
  #valueCount = 0
  readonly #gains = new Gains()
  readonly #splicer = new Splicer(this.#values, this.#gains)
  /** The entries passed on the way to where an edit happens. */
  readonly #trail = new Int32Array(DEPTH)
  /** Whether the tape has keys that need the slow way. */
  #odd = false
  changed = false
  #stamp = 0

  constructor(bytes: Bytes, scanner: Scanner) {
    this.#bytes = bytes
    this.#words = scanner.words
    this.#odd = scanner.odd
  }

  /** Turns to another value, forgetting all edits. */
  open(bytes: Bytes, scanner: Scanner, root: number): void {
    if (this.changed) this.#clear()
    this.#bytes = bytes
    this.rebind(scanner, root)
    const count = scanner.words[root + NEXT]! - root
    if (count > this.#marks.length) this.#marks = new Int32Array(count * 2)
  }

  /** Takes a tape of the same value that was written anew. */
  rebind(scanner: Scanner, root: number): void {
    this.#root = root
    this.#stamp = ++lastStamp
    this.#words = scanner.words
    this.#odd = scanner.odd
  }

  #clear(): void {
    for (let i = 0; i < this.#markedCount; i++) this.#marks[this.#marked[i]!] = 0
    this.#markedCount = this.#valueCount = this.#gains.count = 0
    this.changed = false
  }

  #mark(entry: number): number {
    return this.#marks[entry - this.#root]!
  }

  #setMark(entry: number, mark: number): void {
    const at = entry - this.#root
    if (this.#marks[at] === 0) this.#marked[this.#markedCount++] = at
    this.#marks[at] = mark
    this.changed = true
    // What stands below it is found elsewhere now.
    if (mark !== DIRTY) this.#stamp = ++lastStamp
  }

  /** Where a step leads: an entry, MISSING or INSIDE. For tapes that are not odd. */
  #find(step: Step): number {
    const { id, parent } = step
    if (stamps[id] === this.#stamp) return entries[id]!
    let entry = this.#root
    if (parent !== undefined) {
      const above = this.#find(parent)
      if (above < 0) entry = above
      else entry = this.#mark(above) > 0 ? INSIDE : this.#child(above, step.tapeKey, above + WORDS)
    }
    stamps[id] = this.#stamp
    entries[id] = entry
    return entry
  }

  /** Whether nothing stands at a step that is MISSING: no map gained it. */
  #isAbsent({ parent, key }: Step): boolean {
    if (this.#gains.count === 0) return true
    const above = parent === undefined ? MISSING : this.#find(parent)
    return above >= 0 && this.#gains.find(above - this.#root, key as string) === undefined
  }

  /** The first member of that key which is still there, at or after `from`. */
  #child(entry: number, key: TapeKey, from: number): number {
    const bytes = this.#bytes
    const words = this.#words
    const marks = this.#marks
    const root = this.#root
    const first = bytes[words[entry + START]!]
    const stop = words[entry + NEXT]!
    if (typeof key !== 'number') {
      if (first !== MAP) return -1
      let found = findKey(bytes, words, from, stop, key)
      while (found >= 0 && marks[found - root] === GONE) found = findKey(bytes, words, words[found + NEXT]!, stop, key)
      return found
    }
    if (first !== LIST || key < 0) return -1
    let left = key
    for (let child = from; child < stop; child = words[child + NEXT]!) {
      if (marks[child - root] !== GONE && left-- === 0) return child
    }
    return -1
  }

  get(spot: Spot): Value | undefined {
    const { step } = spot
    if (step !== undefined && !this.#odd) {
      const entry = this.#find(step)
      if (entry >= 0) return this.#mark(entry) === 0 ? valueAt(this.#bytes, this.#words, entry) : this.#valueOf(entry)
      if (entry === MISSING && this.#isAbsent(step)) return undefined
    }
    return this.#getSlowly(spot)
  }

  #getSlowly({ keys, tapeKeys }: Spot): Value | undefined {
    let entry = this.#root
    for (let i = 0; ; i++) {
      const mark = this.#mark(entry)
      if (mark > 0) return getIn(this.#values[mark - 1], keys, i)
      if (i === keys.length) return mark === DIRTY ? this.#valueOf(entry) : valueAt(this.#bytes, this.#words, entry)
      if (mark === 0 && this.#odd && isOpaque(this.#bytes, this.#words, entry))
        return getIn(valueAt(this.#bytes, this.#words, entry), keys, i)
      const child = this.#child(entry, tapeKeys[i]!, entry + WORDS)
      if (child < 0) {
        const added = mark === DIRTY ? this.#gains.find(entry - this.#root, keys[i] as string) : undefined
        return added && getIn(added.value, keys, i + 1)
      }
      entry = child
    }
  }

  kind(spot: Spot): ValueKind | undefined {
    const { step, keys, tapeKeys } = spot
    if (step !== undefined && !this.#odd) {
      const entry = this.#find(step)
      if (entry >= 0 && this.#mark(entry) <= 0) return kindAt(this.#bytes, this.#words, entry)
      if (entry === MISSING && this.#isAbsent(step)) return undefined
    }
    let entry = this.#root
    for (let i = 0; this.#mark(entry) <= 0 && !(this.#odd && isOpaque(this.#bytes, this.#words, entry)); i++) {
      if (i === keys.length) return kindAt(this.#bytes, this.#words, entry)
      const child = this.#child(entry, tapeKeys[i]!, entry + WORDS)
      if (child < 0) break
      entry = child
    }
    const value = this.#getSlowly(spot)
    return value === undefined ? undefined : kindOf(value)
  }

  set(spot: Spot, input: Value): void {
    const value = typeof input === 'string' ? input : asValue(input)
    const { step } = spot
    if (step === undefined || this.#odd || !this.#setAt(step, value)) this.#setSlowly(spot, value)
  }

  /** False where the long way has to be gone: below what was replaced, at lists, where containers have to be made. */
  #setAt(step: Step, value: Value): boolean {
    const { parent, key } = step
    const above = parent === undefined ? INSIDE : this.#find(parent)
    if (above < 0) return false
    const entry = this.#find(step)
    if (entry >= 0) {
      if (this.#mark(entry) > 0) return false
      this.#dropOthers(above, step.tapeKey, entry)
      this.#soilUp(parent!)
      this.#values[this.#valueCount++] = value
      this.#setMark(entry, this.#valueCount)
      return true
    }
    const isMap = entry === MISSING && this.#bytes[this.#words[above + START]!] === MAP
    if (!isMap || typeof key !== 'string') return false
    const added = this.#gains.find(above - this.#root, key)
    if (added) added.value = value
    else this.#gains.put(above - this.#root, key, step.tapeKey as Uint8Array, value)
    this.#soilUp(parent!)
    return true
  }

  /** Marks the entry at a step as changed inside, and those above it: where one is marked, all above it are. */
  #soilUp(from: Step): void {
    for (let step: Step | undefined = from; step !== undefined; step = step.parent) {
      const entry = this.#find(step)
      if (this.#mark(entry) !== 0) return
      this.#setMark(entry, DIRTY)
    }
  }

  #setSlowly({ keys, tapeKeys }: Spot, value: Value): void {
    let entry = this.#root
    for (let i = 0; ; i++) {
      const mark = this.#mark(entry)
      if (mark > 0) {
        this.#values[mark - 1] = setIn(this.#values[mark - 1], keys, i, value)
        return
      }
      this.#trail[i] = entry
      if (i === keys.length) return this.#replace(i, value)
      if (this.#odd && this.#isWhole(entry, keys[i]!))
        return this.#replace(i, setIn(this.#valueOf(entry), keys, i, value))
      const child = this.#child(entry, tapeKeys[i]!, entry + WORDS)
      if (child < 0) return this.#add(keys, tapeKeys, i, value)
      if (i === keys.length - 1) this.#dropOthers(entry, tapeKeys[i]!, child)
      entry = child
    }
  }

  /** Containers that stand for bytes, or that a `$` key may make such, are edited as values. */
  #isWhole(entry: number, key: PathKey): boolean {
    return (typeof key === 'string' && key.startsWith('$')) || mayBecomeOpaque(this.#bytes, this.#words, entry)
  }

  /** Replaces the entry at the end of the trail. */
  #replace(depth: number, value: Value): void {
    this.#values[this.#valueCount++] = value
    this.#soil(depth)
    this.#setMark(this.#trail[depth]!, this.#valueCount)
  }

  /** Marks the first `depth` entries of the trail as changed inside. */
  #soil(depth: number): void {
    for (let i = 0; i < depth; i++) if (this.#mark(this.#trail[i]!) === 0) this.#setMark(this.#trail[i]!, DIRTY)
  }

  #dropOthers(entry: number, key: TapeKey, child: number): void {
    if (typeof key === 'number') return
    const stop = this.#words[entry + NEXT]!
    for (let other = child; ;) {
      const from = this.#words[other + NEXT]!
      other = from < stop ? this.#child(entry, key, from) : -1
      if (other < 0) return
      this.#setMark(other, GONE)
    }
  }

  /** The last entry of the trail has no such member: a map gains it, null becomes a container, all else throws. */
  #add(keys: readonly PathKey[], tapeKeys: readonly TapeKey[], i: number, value: Value): void {
    const entry = this.#trail[i]!
    const key = keys[i]!
    if (typeof key !== 'string' || this.#bytes[this.#words[entry + START]!] !== MAP) {
      return this.#replace(i, setIn(this.#valueOf(entry), keys, i, value))
    }
    const known = this.#gains.find(entry - this.#root, key)
    if (known) known.value = setIn(known.value, keys, i + 1, value)
    else
      this.#gains.put(
        entry - this.#root,
        key,
        tapeKeys[i] as Uint8Array,
        i + 1 === keys.length ? value : setIn(undefined, keys, i + 1, value),
      )
    this.#soil(i + 1)
  }

  delete(spot: Spot): void {
    const { step } = spot
    const entry = step?.parent === undefined || this.#odd ? INSIDE : this.#find(step)
    if (entry < 0) return this.#deleteSlowly(spot)
    const parent = step!.parent!
    this.#soilUp(parent)
    this.#dropOthers(this.#find(parent), step!.tapeKey, entry)
    this.#setMark(entry, GONE)
  }

  #deleteSlowly({ keys, tapeKeys }: Spot): void {
    const last = keys.length - 1
    let entry = this.#root
    for (let i = 0; ; i++) {
      const mark = this.#mark(entry)
      if (mark > 0) {
        this.#values[mark - 1] = deleteIn(this.#values[mark - 1]!, keys, i)
        return
      }
      this.#trail[i] = entry
      if (this.#odd && this.#isWhole(entry, keys[i]!)) return this.#deleteWhole(entry, keys, i)
      const child = this.#child(entry, tapeKeys[i]!, entry + WORDS)
      if (child < 0) return this.#deleteAdded(entry, keys, i)
      if (i === last) {
        this.#soil(i + 1)
        this.#setMark(child, GONE)
        this.#dropOthers(entry, tapeKeys[i]!, child)
        return
      }
      entry = child
    }
  }

  #deleteWhole(entry: number, keys: readonly PathKey[], i: number): void {
    const before = this.#valueOf(entry)
    const after = deleteIn(before, keys, i)
    if (after !== before) this.#replace(i, after)
  }

  #deleteAdded(entry: number, keys: readonly PathKey[], i: number): void {
    const added = this.#gains.find(entry - this.#root, keys[i] as string)
    if (!added) return
    if (i === keys.length - 1) added.parent = -1
    else added.value = deleteIn(added.value, keys, i + 1)
  }

  /** The value of an entry with the edits below it. */
  #valueOf(entry: number): Value {
    const mark = this.#mark(entry)
    if (mark > 0) return this.#values[mark - 1]!
    const words = this.#words
    if (mark === 0) return valueAt(this.#bytes, words, entry)
    const isList = this.#bytes[words[entry + START]!] === LIST
    const items: Value[] = []
    const map = newMap()
    for (let child = entry + WORDS; child < words[entry + NEXT]!; child = words[child + NEXT]!) {
      if (this.#mark(child) === GONE) continue
      if (isList) items.push(this.#valueOf(child))
      else {
        const key = keyText(this.#bytes, words, child)
        if (!(key in map)) map[key] = this.#valueOf(child)
      }
    }
    if (isList) return items
    for (let i = 0; i < this.#gains.count; i++) {
      const added = this.#gains.list[i]!
      if (added.parent === entry - this.#root) map[added.key] = added.value
    }
    return fromMembers(map)
  }

  /** Writes the value with its edits. */
  write(out: Output): void {
    this.#splicer.write(this.#bytes, this.#words, this.#marks, this.#root, out)
  }
}
