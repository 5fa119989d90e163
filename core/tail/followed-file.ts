/**
 * One file being followed: which content it holds, how far it has been handed on, and what of that is acknowledged.
 * Life: admitted (new, or resumed) → read as it grows ⇄ truncated (next generation) → gone (renamed away or deleted) →
 * read to its end → forgotten. The handle may be closed between reads; the inode says whether a path is still it.
 */
import type { FileHandle } from 'node:fs/promises'
import { type FileIdentity, type Fingerprint, noFingerprint, tailChecksum } from './identity.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { FilePosition } from './types.ts'

export interface FollowedFile {
  path: string
  readonly identity: FileIdentity
  handle: FileHandle | undefined
  /** '' until the first bytes are handed on. */
  key: string
  generation: number
  fingerprint: Fingerprint
  /** Everything before it has been handed on. */
  offset: number
  tail: number
  skipping: boolean
  /** Bytes from `offset` to here hold no newline. */
  scanned: number
  /** As last seen. */
  size: number
  modified: bigint
  /** `once`: read up to here. */
  limit: number
  /** Found under the patterns in the last scan. */
  present: boolean
  deleted: boolean
  /** Deleted, and its unterminated end is none that may be handed on. */
  abandoned: boolean
  /** When it was last read or left, on the monotonic clock. */
  touched: number
  /** Since when the unterminated end has not grown. */
  partialSince: number | undefined
  /** Its size then. */
  partialSize: number
  busy: boolean
  dirty: boolean
  ledger: Ledger
  /** What it held before it was truncated, for the copy that was made of it. */
  previous: FilePosition | undefined
}

export const positionOf = (file: FollowedFile): FilePosition => ({
  key: file.key,
  path: file.path,
  ...file.identity,
  fingerprintBytes: file.fingerprint.bytes,
  fingerprint: file.fingerprint.hash,
  offset: file.offset,
  tail: file.tail,
  generation: file.generation,
  ...(file.skipping ? { skipping: true as const } : {}),
})

export interface Admission {
  readonly path: string
  readonly identity: FileIdentity
  readonly handle: FileHandle
  /** Goes on from here; the key of the content stays. */
  readonly position: FilePosition | undefined
}

export const newFile = (admission: Admission, now: number): FollowedFile => {
  const { position } = admission
  const file: Omit<FollowedFile, 'ledger'> = {
    path: admission.path,
    identity: admission.identity,
    handle: admission.handle,
    key: position?.key ?? '',
    generation: position?.generation ?? 0,
    fingerprint:
      position === undefined ? noFingerprint : { bytes: position.fingerprintBytes, hash: position.fingerprint },
    offset: position?.offset ?? 0,
    tail: position?.tail ?? 0,
    skipping: position?.skipping ?? false,
    scanned: 0,
    size: -1,
    modified: 0n,
    limit: Infinity,
    present: true,
    deleted: false,
    abandoned: false,
    touched: now,
    partialSince: undefined,
    partialSize: -1,
    busy: false,
    dirty: false,
    previous: undefined,
  }
  const followed: FollowedFile = Object.assign(file, { ledger: undefined as unknown as Ledger })
  const first = positionOf(followed)
  followed.ledger = createLedger(() => first)
  return followed
}

/** The file was emptied: what is in it now is another content. */
export const nextGeneration = (file: FollowedFile): void => {
  file.previous = positionOf(file)
  file.key = ''
  file.generation++
  file.fingerprint = noFingerprint
  file.offset = 0
  file.tail = 0
  file.skipping = false
  file.scanned = 0
  file.partialSince = undefined
  const start = positionOf(file)
  file.ledger.pass(() => start)
}

/** Moves over `length` bytes of `buffer`, which begins `lead` bytes before the offset. */
export const advance = (file: FollowedFile, buffer: Buffer, lead: number, length: number): void => {
  file.offset += length
  file.tail = tailChecksum(buffer.subarray(0, lead + length))
  file.scanned = file.offset
  file.partialSince = undefined
}
