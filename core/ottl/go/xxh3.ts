/** XXH3 in 64 and 128 bits, seed 0, as the XXH3 specification of the xxHash project has it. */
const M64 = (1n << 64n) - 1n
const M32 = 0xffff_ffffn
const P32_1 = 0x9e3779b1n
const P32_2 = 0x85ebca77n
const P32_3 = 0xc2b2ae3dn
const P64_1 = 0x9e3779b185ebca87n
const P64_2 = 0xc2b2ae3d27d4eb4fn
const P64_3 = 0x165667b19e3779f9n
const P64_4 = 0x85ebca77c2b2ae63n
const P64_5 = 0x27d4eb2f165667c5n
const MIX_1 = 0x165667919e3779f9n
const MIX_2 = 0x9fb21c651e98df25n

/** The secret of the specification. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)

const read64 = (bytes: Buffer, at: number): bigint => bytes.readBigUInt64LE(at)
const read32 = (bytes: Buffer, at: number): bigint => BigInt(bytes.readUInt32LE(at))
const secret64 = (at: number): bigint => read64(SECRET, at)
const secret32 = (at: number): bigint => read32(SECRET, at)

const swap64 = (value: bigint): bigint => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}
const swap32 = (value: bigint): bigint => swap64(value) >> 32n
const rotate64 = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & M64
const fold = (a: bigint, b: bigint): bigint => {
  const product = a * b
  return (product & M64) ^ (product >> 64n)
}

const avalanche = (value: bigint): bigint => {
  const mixed = ((value ^ (value >> 37n)) * MIX_1) & M64
  return mixed ^ (mixed >> 32n)
}

const avalanche64 = (value: bigint): bigint => {
  let h = ((value ^ (value >> 33n)) * P64_2) & M64
  h = ((h ^ (h >> 29n)) * P64_3) & M64
  return h ^ (h >> 32n)
}

const mix16 = (bytes: Buffer, at: number, secret: number): bigint =>
  fold(read64(bytes, at) ^ secret64(secret), read64(bytes, at + 8) ^ secret64(secret + 8))

const combine = (bytes: Buffer): bigint => {
  const { length } = bytes
  return (
    (BigInt(bytes[0]!) << 16n) |
    (BigInt(bytes[length >> 1]!) << 24n) |
    BigInt(bytes[length - 1]!) |
    (BigInt(length) << 8n)
  )
}

const short64 = (bytes: Buffer): bigint => {
  const size = BigInt(bytes.length)
  if (bytes.length > 8) {
    const low = read64(bytes, 0) ^ secret64(24) ^ secret64(32)
    const high = read64(bytes, bytes.length - 8) ^ secret64(40) ^ secret64(48)
    return avalanche((size + swap64(low) + high + fold(low, high)) & M64)
  }
  if (bytes.length > 3) {
    const joined = (read32(bytes, bytes.length - 4) + (read32(bytes, 0) << 32n)) & M64
    let h = joined ^ secret64(8) ^ secret64(16)
    h ^= rotate64(h, 49n) ^ rotate64(h, 24n)
    h = (h * MIX_2) & M64
    h ^= (h >> 35n) + size
    h = (h * MIX_2) & M64
    return h ^ (h >> 28n)
  }
  return avalanche64(bytes.length > 0 ? combine(bytes) ^ secret32(0) ^ secret32(4) : secret64(56) ^ secret64(64))
}

const medium64 = (bytes: Buffer): bigint => {
  const { length } = bytes
  let sum = (BigInt(length) * P64_1) & M64
  if (length <= 128) {
    for (let i = Math.floor((length - 1) / 32); i >= 0; i--) {
      sum += mix16(bytes, 16 * i, 32 * i) + mix16(bytes, length - 16 * (i + 1), 32 * i + 16)
    }
    return avalanche(sum & M64)
  }
  for (let i = 0; i < 8; i++) sum += mix16(bytes, 16 * i, 16 * i)
  sum = avalanche(sum & M64)
  for (let i = 8; i < Math.floor(length / 16); i++) sum += mix16(bytes, 16 * i, 16 * (i - 8) + 3)
  return avalanche((sum + mix16(bytes, length - 16, 119)) & M64)
}

const accumulate = (lanes: bigint[], bytes: Buffer, at: number, secret: number): void => {
  for (let i = 0; i < 8; i++) {
    const value = read64(bytes, at + 8 * i)
    const key = value ^ secret64(secret + 8 * i)
    lanes[i ^ 1] = (lanes[i ^ 1]! + value) & M64
    lanes[i] = (lanes[i]! + (key & M32) * (key >> 32n)) & M64
  }
}

const longLanes = (bytes: Buffer): bigint[] => {
  const lanes = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
  const blocks = Math.floor((bytes.length - 1) / 1024)
  for (let block = 0; block < blocks; block++) {
    for (let stripe = 0; stripe < 16; stripe++) accumulate(lanes, bytes, block * 1024 + stripe * 64, stripe * 8)
    for (let i = 0; i < 8; i++) {
      const lane = lanes[i]!
      lanes[i] = ((lane ^ (lane >> 47n) ^ secret64(128 + 8 * i)) * P32_1) & M64
    }
  }
  const stripes = Math.floor((bytes.length - 1 - blocks * 1024) / 64)
  for (let stripe = 0; stripe < stripes; stripe++) accumulate(lanes, bytes, blocks * 1024 + stripe * 64, stripe * 8)
  accumulate(lanes, bytes, bytes.length - 64, 121)
  return lanes
}

const merge = (lanes: readonly bigint[], secret: number, start: bigint): bigint => {
  let sum = start
  for (let i = 0; i < 4; i++)
    sum += fold(lanes[2 * i]! ^ secret64(secret + 16 * i), lanes[2 * i + 1]! ^ secret64(secret + 16 * i + 8))
  return avalanche(sum & M64)
}

const hash64 = (bytes: Buffer): bigint => {
  if (bytes.length <= 16) return short64(bytes)
  if (bytes.length <= 240) return medium64(bytes)
  return merge(longLanes(bytes), 11, (BigInt(bytes.length) * P64_1) & M64)
}

interface Pair {
  readonly low: bigint
  readonly high: bigint
}

const multiply = (a: bigint, b: bigint): Pair => ({ low: (a * b) & M64, high: (a * b) >> 64n })

const tiny128 = (bytes: Buffer): Pair => {
  if (bytes.length === 0)
    return { low: avalanche64(secret64(64) ^ secret64(72)), high: avalanche64(secret64(80) ^ secret64(88)) }
  const low = combine(bytes)
  const swapped = swap32(low)
  const high = ((swapped << 13n) | (swapped >> 19n)) & M32
  return { low: avalanche64(low ^ secret32(0) ^ secret32(4)), high: avalanche64(high ^ secret32(8) ^ secret32(12)) }
}

const short128 = (bytes: Buffer): Pair => {
  const { length } = bytes
  if (length <= 3) return tiny128(bytes)
  if (length <= 8) {
    const joined = (read32(bytes, 0) + (read32(bytes, length - 4) << 32n)) & M64
    const m = multiply(joined ^ secret64(16) ^ secret64(24), (P64_1 + (BigInt(length) << 2n)) & M64)
    const high = (m.high + (m.low << 1n)) & M64
    let low = m.low ^ (high >> 3n)
    low = ((low ^ (low >> 35n)) * MIX_2) & M64
    return { low: low ^ (low >> 28n), high: avalanche(high) }
  }
  const first = read64(bytes, 0)
  const last = read64(bytes, length - 8)
  const m = multiply(first ^ last ^ secret64(32) ^ secret64(40), P64_1)
  const low = (m.low + (BigInt(length - 1) << 54n)) & M64
  const flipped = last ^ secret64(48) ^ secret64(56)
  const high = (m.high + flipped + (flipped & M32) * (P32_2 - 1n)) & M64
  const h = multiply(low ^ swap64(high), P64_2)
  return { low: avalanche(h.low), high: avalanche((h.high + high * P64_2) & M64) }
}

const mix32 = ({ low, high }: Pair, bytes: Buffer, a: number, b: number, secret: number): Pair => ({
  low: ((low + mix16(bytes, a, secret)) & M64) ^ ((read64(bytes, b) + read64(bytes, b + 8)) & M64),
  high: ((high + mix16(bytes, b, secret + 16)) & M64) ^ ((read64(bytes, a) + read64(bytes, a + 8)) & M64),
})

const medium128 = (bytes: Buffer): Pair => {
  const { length } = bytes
  let sum: Pair = { low: (BigInt(length) * P64_1) & M64, high: 0n }
  if (length <= 128) {
    for (let i = Math.floor((length - 1) / 32); i >= 0; i--)
      sum = mix32(sum, bytes, 16 * i, length - 16 * (i + 1), 32 * i)
  } else {
    for (let i = 0; i < 4; i++) sum = mix32(sum, bytes, 32 * i, 32 * i + 16, 32 * i)
    sum = { low: avalanche(sum.low), high: avalanche(sum.high) }
    for (let i = 4; i < Math.floor(length / 32); i++) sum = mix32(sum, bytes, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
    sum = mix32(sum, bytes, length - 16, length - 32, 103)
  }
  const low = (sum.low + sum.high) & M64
  const high = (sum.low * P64_1 + sum.high * P64_4 + BigInt(length) * P64_2) & M64
  return { low: avalanche(low), high: (M64 + 1n - avalanche(high)) & M64 }
}

const hash128 = (bytes: Buffer): Pair => {
  if (bytes.length <= 16) return short128(bytes)
  if (bytes.length <= 240) return medium128(bytes)
  const lanes = longLanes(bytes)
  const size = BigInt(bytes.length)
  return { low: merge(lanes, 11, (size * P64_1) & M64), high: merge(lanes, 117, ((size * P64_2) & M64) ^ M64) }
}

const hex = (value: bigint): string => value.toString(16).padStart(16, '0')

export const xxh3 = (text: string): string => hex(hash64(Buffer.from(text)))
export const xxh128 = (text: string): string => {
  const { low, high } = hash128(Buffer.from(text))
  return hex(high) + hex(low)
}
