/** Apache's variant of MD5-crypt (`$apr1$`): the algorithm of apr_md5.c, after Poul-Henning Kamp's crypt. */
import { createHash } from 'node:crypto'

const MAGIC = '$apr1$'
const ROUNDS = 1_000
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Which bytes of the digest make up each group of four characters, and the last two. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const

const md5 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const letters = (value: number, count: number): string => {
  let out = ''
  for (let rest = value, i = 0; i < count; i++, rest >>>= 6) out += ALPHABET[rest & 63]
  return out
}

const encode = (digest: Buffer): string =>
  GROUPS.map(([a, b, c]) => letters((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4)).join('') +
  letters(digest[11]!, 2)

/** The hash of a password with a salt, as htpasswd writes it. */
export const apr1 = (password: string, salt: string): string => {
  const bytes = Buffer.from(password)
  const inner = md5(bytes, salt, bytes)
  const first: (Uint8Array | string)[] = [bytes, MAGIC, salt]
  for (let left = bytes.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)))
  for (let left = bytes.length; left > 0; left >>>= 1)
    first.push((left & 1) === 1 ? Buffer.of(0) : bytes.subarray(0, 1))
  let digest = md5(...first)
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = (round & 1) === 1
    digest = md5(
      isOdd ? bytes : digest,
      round % 3 === 0 ? '' : salt,
      round % 7 === 0 ? '' : bytes,
      isOdd ? digest : bytes,
    )
  }
  return `${MAGIC}${salt}$${encode(digest)}`
}
