/** Numbers that were seen, one bit each. */
export interface Seen {
  has(n: number): boolean
  add(n: number): void
}

export const createSeen = (): Seen => {
  let bits = new Uint8Array(1 << 16)
  return {
    has: (n) => ((bits[n >> 3] ?? 0) & (1 << (n & 7))) !== 0,
    add(n) {
      if (n >> 3 >= bits.length) {
        const grown = new Uint8Array(Math.max(bits.length * 2, (n >> 3) + 1))
        grown.set(bits)
        bits = grown
      }
      bits[n >> 3]! |= 1 << (n & 7)
    },
  }
}
