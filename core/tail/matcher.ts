/**
 * Decides what a file that has just been found is: one with a saved position, wherever it lies now; one that was emptied
 * while nobody looked; a copy of a followed one (logrotate's copytruncate), of which only that is read which was not read
 * in the original; or a new one. A copy in the making begins like its original: then the answer is `wait`.
 */
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type FileIdentity, fingerprintOf, holdsPosition, identityKey } from './identity.ts'
import { type FollowedFile, positionOf } from './followed-file.ts'
import type { FilePosition } from './types.ts'

/** How long a file that is the beginning of another may stay undecided. */
export const UNDECIDED_MS = 5_000
/** Positions of files that are not there (an unmounted disk) are kept, the newest ones. */
const MAX_DORMANT = 1_000
const MAX_SHADOWS = 1_000

export interface Candidate {
  readonly path: string
  readonly identity: FileIdentity
  readonly size: number
  readonly handle: FileHandle
}

export type Decision =
  | { readonly kind: 'new'; readonly position?: undefined }
  | { readonly kind: 'resume'; readonly position: FilePosition }
  /** The same file, another content. */
  | { readonly kind: 'emptied'; readonly position: FilePosition }
  /** Nothing to read there now. */
  | { readonly kind: 'wait'; readonly position?: undefined }

const stem = (path: string): string => basename(path).split('.', 1)[0] || basename(path)

/** `app.log` → `app.log.1`, `app-20261123.log`, or the same name again. */
const isNamedAfter = (path: string, original: string): boolean =>
  dirname(path) === dirname(original) && basename(path).startsWith(stem(original))

const isSameFile = (identity: FileIdentity, path: string, position: FilePosition): boolean =>
  identity.inode === position.inode &&
  (identity.birth === '0' || position.birth === '0' ? path === position.path : identity.birth === position.birth)

const beginsLike = async (candidate: Candidate, file: FollowedFile): Promise<boolean> => {
  const bytes = Math.min(candidate.size, file.fingerprint.bytes)
  if (bytes === 0 || file.handle === undefined) return false
  const [mine, its] = [await fingerprintOf(candidate.handle, bytes), await fingerprintOf(file.handle, bytes)]
  return mine.bytes === bytes && mine.hash === its.hash
}

export class Matcher {
  readonly #dormant: FilePosition[]
  /** Copies of followed files, by inode, with the position reached in the original. */
  readonly #shadows = new Map<string, FilePosition>()
  readonly #undecided = new Map<string, number>()

  constructor(saved: Iterable<FilePosition>) {
    this.#dormant = [...saved].slice(-MAX_DORMANT)
  }

  /** Positions nobody has claimed. */
  get dormant(): readonly FilePosition[] {
    return this.#dormant
  }

  hasInode(inode: string): boolean {
    return this.#dormant.some((position) => position.inode === inode)
  }

  async decide(candidate: Candidate, files: Iterable<FollowedFile>, first: boolean, now: number): Promise<Decision> {
    const id = identityKey(candidate.identity)
    const resumed = await this.#resume(candidate)
    if (resumed !== undefined) return resumed
    let alike = false
    for (const file of files) {
      if (!isNamedAfter(candidate.path, file.path)) continue
      const decision = await this.#compare(candidate, file, id)
      if (decision !== undefined) {
        this.#undecided.delete(id)
        if (decision.kind === 'resume') this.#shadows.delete(id)
        return decision
      }
      alike ||= !first && candidate.size < file.offset && (await beginsLike(candidate, file))
    }
    const shadow = this.#shadows.get(id)
    this.#shadows.delete(id)
    if (shadow !== undefined && candidate.size >= shadow.offset && (await holdsPosition(candidate.handle, shadow))) {
      return { kind: 'resume', position: shadow }
    }
    const since = this.#undecided.get(id) ?? now
    this.#undecided.delete(id)
    if (alike && now - since < UNDECIDED_MS && this.#undecided.size < MAX_SHADOWS) {
      this.#undecided.set(id, since)
      return { kind: 'wait' }
    }
    return { kind: 'new' }
  }

  async #resume({ path, identity, handle, size }: Candidate): Promise<Decision | undefined> {
    for (const [index, position] of this.#dormant.entries()) {
      if (!isSameFile(identity, path, position)) continue
      this.#dormant.splice(index, 1)
      const same = size >= position.offset && (await holdsPosition(handle, position))
      return { kind: same ? 'resume' : 'emptied', position }
    }
    for (const [index, position] of this.#dormant.entries()) {
      // Another inode: the content must be known well enough to be told from any other.
      const known = position.offset > 0 && size >= position.offset && isNamedAfter(path, position.path)
      if (!known || !(await holdsPosition(handle, position))) continue
      this.#dormant.splice(index, 1)
      return { kind: 'resume', position }
    }
    return undefined
  }

  async #compare({ handle, size }: Candidate, file: FollowedFile, id: string): Promise<Decision | undefined> {
    const { previous } = file
    if (previous !== undefined && previous.offset > 0 && size >= previous.offset) {
      if (await holdsPosition(handle, previous)) {
        file.previous = undefined
        return { kind: 'resume', position: previous }
      }
    }
    if (file.offset === 0 || size < file.offset) return undefined
    const position = positionOf(file)
    if (!(await holdsPosition(handle, position))) return undefined
    // Replaced by a file that goes on where it ended (an editor's save): not a copy beside it.
    if (file.deleted) return { kind: 'resume', position }
    if (this.#shadows.size < MAX_SHADOWS) this.#shadows.set(id, position)
    return { kind: 'wait' }
  }
}
