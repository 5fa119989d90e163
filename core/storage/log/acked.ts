/**
 * Which numbers are done: everything up to `low`, and ranges above it. In a queue that is sent in order this is one number;
 * several consumers leave as many ranges as they are, and frames that were damaged leave holes.
 */
interface Range {
  from: number
  to: number
}

export class Acked {
  #low = 0
  /** Ascending, apart from one another, all above `#low + 1`. */
  #ranges: Range[] = []

  get low(): number {
    return this.#low
  }

  /** The highest number that is done. */
  get high(): number {
    return this.#ranges.at(-1)?.to ?? this.#low
  }

  get ranges(): readonly Readonly<Range>[] {
    return this.#ranges
  }

  has(seq: number): boolean {
    if (seq <= this.#low) return true
    const at = this.#after(seq)
    const range = this.#ranges[at - 1]
    return range !== undefined && seq <= range.to
  }

  /** All of [from, to]. */
  add(from: number, to = from): void {
    if (to <= this.#low) return
    if (from <= this.#low + 1) {
      this.#low = to
      this.#swallow()
      return
    }
    const at = this.#after(from)
    const before = this.#ranges[at - 1]
    if (before && from <= before.to + 1) {
      before.to = Math.max(before.to, to)
      this.#joinFrom(at - 1)
      return
    }
    this.#ranges.splice(at, 0, { from, to })
    this.#joinFrom(at)
  }

  /** Index of the first range that begins behind `seq`. */
  #after(seq: number): number {
    let [low, high] = [0, this.#ranges.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle]?.from ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The low-water mark takes in what it has reached. */
  #swallow(): void {
    let n = 0
    for (const range of this.#ranges) {
      if (range.from > this.#low + 1) break
      this.#low = Math.max(this.#low, range.to)
      n++
    }
    if (n > 0) this.#ranges.splice(0, n)
  }

  #joinFrom(at: number): void {
    const range = this.#ranges[at]
    if (!range) return
    let n = 0
    for (let next = this.#ranges[at + 1]; next && next.from <= range.to + 1; next = this.#ranges[at + 1 + n]) {
      range.to = Math.max(range.to, next.to)
      n++
    }
    if (n > 0) this.#ranges.splice(at + 1, n)
  }
}
