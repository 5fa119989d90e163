/** Does a password belong to a hash? bcrypt costs tens of milliseconds, the others microseconds. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { apr1 } from './apr1.ts'
import type { Entry } from './htpasswd.ts'

const sha1 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const same = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b))

const SHA1_BYTES = 20

/** Every scheme but bcrypt. */
export const verifyQuick = ({ scheme, hash }: Entry, password: string): boolean => {
  switch (scheme) {
    case 'plain':
      return same(hash, password)
    case 'sha':
      return same(hash, `{SHA}${sha1(password).toString('base64')}`)
    case 'ssha': {
      const bytes = Buffer.from(hash.slice('{SSHA}'.length), 'base64')
      const salt = bytes.subarray(SHA1_BYTES)
      return same(bytes.toString('hex'), Buffer.concat([sha1(password, salt), salt]).toString('hex'))
    }
    case 'apr1':
      return same(hash, apr1(password, hash.split('$')[2] ?? ''))
    case 'bcrypt':
      return false
  }
  return scheme satisfies never
}
