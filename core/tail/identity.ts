/**
 * Which content a file holds, whatever its name: inode and birth time say "the same file", a hash of the first bytes and
 * a checksum of the last bytes read say "still the same content". The key is a function of the content's beginning, so
 * a process that died before it saved a position finds the same key again.
 */
import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { FilePosition } from './types.ts'

export const TAIL_BYTES = 64
const KEY_HEAD_BYTES = 256
const NEWLINE = 10

export interface FileIdentity {
  readonly device: string
  readonly inode: string
  readonly birth: string
}

export interface Fingerprint {
  readonly bytes: number
  readonly hash: string
}

export const noFingerprint: Fingerprint = { bytes: 0, hash: '' }

interface Stats {
  readonly dev: bigint
  readonly ino: bigint
  readonly birthtimeNs: bigint
}

export const identityOf = (stats: Stats): FileIdentity => ({
  device: String(stats.dev),
  inode: String(stats.ino),
  birth: String(stats.birthtimeNs),
})

/** The map key of a file that exists now. */
export const identityKey = (identity: FileIdentity): string => `${identity.device}:${identity.inode}`

export const readAt = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.allocUnsafe(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await handle.read(buffer, read, length - read, offset + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return read === length ? buffer : buffer.subarray(0, read)
}

export const fingerprintOf = async (handle: FileHandle, bytes: number): Promise<Fingerprint> => {
  const head = await readAt(handle, 0, bytes)
  return head.length === 0 ? noFingerprint : { bytes: head.length, hash: hash('sha256', head).slice(0, 32) }
}

export const tailChecksum = (bytes: Uint8Array): number => crc32(bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)))

/** True when the file still begins with what the fingerprint covers. */
export const hasFingerprint = async (handle: FileHandle, fingerprint: Fingerprint): Promise<boolean> => {
  if (fingerprint.bytes === 0) return true
  const now = await fingerprintOf(handle, fingerprint.bytes)
  return now.bytes === fingerprint.bytes && now.hash === fingerprint.hash
}

/** True when what was read up to `offset` is still what stands there. */
export const hasTail = async (handle: FileHandle, offset: number, tail: number): Promise<boolean> => {
  if (offset === 0) return true
  const length = Math.min(TAIL_BYTES, offset)
  const bytes = await readAt(handle, offset - length, length)
  return bytes.length === length && tailChecksum(bytes) === tail
}

/** True when the file holds the content the position was taken in. */
export const holdsPosition = async (handle: FileHandle, position: FilePosition): Promise<boolean> =>
  (await hasFingerprint(handle, { bytes: position.fingerprintBytes, hash: position.fingerprint })) &&
  (await hasTail(handle, position.offset, position.tail))

/** The name of a content: the start of its first line, where it began to live, and how often the file was emptied. */
export const contentKey = (head: Buffer, identity: FileIdentity, generation: number): string => {
  const start = head.subarray(0, KEY_HEAD_BYTES)
  const newline = start.indexOf(NEWLINE)
  const line = newline < 0 ? start : start.subarray(0, newline + 1)
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${identity.inode}:${identity.birth}:`), line])).slice(0, 16)
  return generation === 0 ? digest : `${digest}.${generation}`
}

export const readHead = (handle: FileHandle): Promise<Buffer> => readAt(handle, 0, KEY_HEAD_BYTES)
