/** A joint: the bytes between two scalars of a line, before the first or behind the last: brackets, commas, keys, blanks. */
import { LIST, MAP, SPACE } from './scan.ts'
import type { Shape } from './shape.ts'

export class Joint {
  readonly length: number
  readonly #text: Uint8Array
  /** The text by four bytes, as far as that goes. */
  readonly #fours: Int32Array
  /** No scalar follows, but the next line. */
  readonly isLast: boolean
  /** What was seen behind the scalar, the last one first. */
  readonly next: Joint[] = []
  /** Of the lines that end here. */
  shape: Shape | undefined

  constructor(text: Uint8Array, isLast: boolean) {
    this.length = text.length
    this.#text = text
    const view = new DataView(text.buffer, text.byteOffset, text.length)
    this.#fours = Int32Array.from({ length: text.length >> 2 }, (_, i) => view.getInt32(i * 4, true))
    this.isLast = isLast
  }

  is(text: Uint8Array, isLast: boolean): boolean {
    return this.isLast === isLast && Buffer.compare(this.#text, text) === 0
  }

  /** Whether exactly this stands there, and a scalar may follow. */
  fits(bytes: Uint8Array, view: DataView, at: number): boolean {
    const { length } = this
    const end = at + length
    if (end > bytes.length) return false
    const fours = this.#fours
    for (let i = 0; i < fours.length; i++) if (view.getInt32(at + i * 4, true) !== fours[i]) return false
    const text = this.#text
    for (let i = fours.length * 4; i < length; i++) if (bytes[at + i] !== text[i]) return false
    if (this.isLast) return true
    const first = bytes[end]!
    return first > SPACE && first !== MAP && first !== LIST
  }
}
