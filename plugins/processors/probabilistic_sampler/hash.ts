/** The hash of `mode: hash_seed`: FNV-1a over the seed (little-endian) and the bytes, of which 14 bits decide. */
const BUCKET_BITS = 14n
const BUCKETS = 0x4000
const SHIFT = 42n

const fnv32a = (bytes: Uint8Array, from: number): number => {
  let hash = from
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}

/** Starts the hash with the seed. */
export const seeded = (seed: number): number => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(seed)
  return fnv32a(bytes, 0x811c9dc5)
}

/** As 56 bits of randomness, so that the same comparison decides as in the other modes. Its lower bits are the reference's. */
export const hashRandomness = (start: number, bytes: Uint8Array): bigint => {
  const hash = fnv32a(bytes, start) >>> 0
  const bucket = hash & (BUCKETS - 1)
  const rest = BigInt(hash >>> 18)
  const mixed = rest ^ (rest << 10n)
  // Sampled was `bucket < share of buckets`; reflected it is `threshold <= randomness`.
  return (BigInt(BUCKETS - 1 - bucket) << SHIFT) | (mixed << BUCKET_BITS) | BigInt(bucket)
}

/** The threshold that as many buckets pass as the percentage says; undefined when none does. */
export const hashThreshold = (percentage: number): bigint | undefined => {
  const share = Math.min(BUCKETS, Math.floor(Math.fround(Math.fround(percentage) * Math.fround(BUCKETS / 100))))
  return share === 0 ? undefined : BigInt(BUCKETS - share) << SHIFT
}
