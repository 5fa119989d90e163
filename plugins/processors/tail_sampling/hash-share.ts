/** A share of all trace ids: FNV-1a in 64 bits over the salt and the id's bytes, below the share of the whole range. */
const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const M64 = (1n << 64n) - 1n
const RANGE = 2 ** 64

const fnv64a = (bytes: Uint8Array, from: bigint): bigint => {
  let hash = from
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * PRIME) & M64
  return hash
}

export const hashShare = (percentage: number, salt: string): ((traceId: string) => boolean) => {
  if (percentage >= 100) return () => true
  const start = fnv64a(Buffer.from(salt), OFFSET)
  const limit = BigInt(Math.floor((percentage / 100) * RANGE))
  return (traceId) => fnv64a(Buffer.from(traceId, 'hex'), start) <= limit && percentage > 0
}
