/** FNV-1a in 64 bits and MurmurHash3 in 32 and 128 bits (x64), seed 0. */
const M64 = (1n << 64n) - 1n

export const fnv64a = (text: string): bigint => {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & M64
  return hash
}

const rotate32 = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

const mixed32 = (block: number): number => Math.imul(rotate32(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)

/** Little-endian hex, as the reference prints it. */
export const murmur32 = (text: string): string => {
  const bytes = Buffer.from(text)
  const tailAt = bytes.length & ~3
  let h = 0
  for (let i = 0; i < tailAt; i += 4)
    h = (Math.imul(rotate32(h ^ mixed32(bytes.readInt32LE(i)), 13), 5) + 0xe6546b64) | 0
  let tail = 0
  for (let i = bytes.length - 1; i >= tailAt; i--) tail = (tail << 8) | bytes[i]!
  if (bytes.length > tailAt) h ^= mixed32(tail)
  h ^= bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  const out = Buffer.alloc(4)
  out.writeInt32LE(h ^ (h >>> 16))
  return out.toString('hex')
}

const C1 = 0x87c37b91114253d5n
const C2 = 0x4cf5ad432745937fn

const rotate64 = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & M64
const mixLow = (block: bigint): bigint => (rotate64((block * C1) & M64, 31n) * C2) & M64
const mixHigh = (block: bigint): bigint => (rotate64((block * C2) & M64, 33n) * C1) & M64

const finish = (value: bigint): bigint => {
  let h = ((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn) & M64
  h = ((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n) & M64
  return h ^ (h >> 33n)
}

export const murmur128 = (text: string): string => {
  const bytes = Buffer.from(text)
  const blocks = bytes.length >> 4
  let low = 0n
  let high = 0n
  for (let i = 0; i < blocks; i++) {
    low ^= mixLow(bytes.readBigUInt64LE(16 * i))
    low = ((rotate64(low, 27n) + high) * 5n + 0x52dce729n) & M64
    high ^= mixHigh(bytes.readBigUInt64LE(16 * i + 8))
    high = ((rotate64(high, 31n) + low) * 5n + 0x38495ab5n) & M64
  }
  const tail = Buffer.alloc(16)
  bytes.copy(tail, 0, 16 * blocks)
  high ^= mixHigh(tail.readBigUInt64LE(8))
  low ^= mixLow(tail.readBigUInt64LE(0))
  const size = BigInt(bytes.length)
  low = ((low ^ size) + (high ^ size)) & M64
  high = ((high ^ size) + low) & M64
  low = finish(low)
  high = finish(high)
  low = (low + high) & M64
  high = (high + low) & M64
  const out = Buffer.alloc(16)
  out.writeBigUInt64LE(low, 0)
  out.writeBigUInt64LE(high, 8)
  return out.toString('hex')
}
