/** Streams that we ended and their peer maybe did not: what still comes for them is passed over, not judged (RFC 9113 §5.1). */
import { FORGOTTEN_MOST } from './limits.ts'

export class Forgotten {
  readonly #ids = new Set<number>()

  add(id: number): void {
    this.#ids.add(id)
    if (this.#ids.size <= FORGOTTEN_MOST) return
    const [oldest] = this.#ids
    this.#ids.delete(oldest!)
  }

  has(id: number): boolean {
    return this.#ids.has(id)
  }

  /** The peer has ended it too. */
  delete(id: number): void {
    this.#ids.delete(id)
  }
}
