/** Randomness that repeats: uniform in [0, 1), the same sequence for the same seed (xorshift128 over splitmix seeds). */
export const seededRandom = (seed: number): (() => number) => {
  let a = mix(seed)
  let b = mix(a)
  let c = mix(b)
  let d = mix(c)
  return () => {
    const t = d ^ (d << 11)
    d = c
    c = b
    b = a
    a = (a ^ (a >>> 19) ^ t ^ (t >>> 8)) >>> 0
    return a / 0x1_0000_0000
  }
}

const mix = (value: number): number => {
  let z = (value + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}
