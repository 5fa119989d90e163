/** ASCII letters in the other case, four bytes at a time. */
const CASE = 0x20
const HIGH = 0x80808080
const LOW = 0x7f7f7f7f

/** Added to a byte of seven bits, makes its highest bit one from that letter on. */
const from = (letter: string): number => (0x80 - letter.charCodeAt(0)) * 0x01010101
/** … and behind that letter. */
const behind = (letter: string): number => (0x7f - letter.charCodeAt(0)) * 0x01010101

const ranges = {
  upper: { first: from('a'), last: behind('z'), start: 97 },
  lower: { first: from('A'), last: behind('Z'), start: 65 },
} as const

/**
 * Copies `size` bytes from `at` to `to`, letters in the other case. False where one of them is not ASCII; what was written
 * then means nothing. `words` and `outWords` are the same bytes.
 */
export const copyInCase = (
  ascii: 'upper' | 'lower',
  bytes: Uint8Array,
  words: DataView,
  at: number,
  size: number,
  out: Uint8Array,
  outWords: DataView,
  to: number,
): boolean => {
  const { first, last, start } = ranges[ascii]
  let bits = 0
  if (size < 4) {
    for (let i = 0; i < size; i++) {
      const byte = bytes[at + i]!
      bits |= byte
      out[to + i] = byte >= start && byte < start + 26 ? byte ^ CASE : byte
    }
    return bits < 0x80
  }
  // The last four overlap those before.
  for (let i = 0; ; i = Math.min(i + 4, size - 4)) {
    const four = words.getInt32(at + i, true)
    bits |= four
    const seven = four & LOW
    const letters = ((seven + first) ^ (seven + last)) & HIGH
    outWords.setInt32(to + i, four ^ (letters >>> 2), true)
    if (i === size - 4) return (bits & HIGH) === 0
  }
}
