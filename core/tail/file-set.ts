/**
 * The files being followed: finds them under the patterns, knows them again, opens and closes them, forgets them when
 * they are gone and read. A file that was renamed to a name outside the patterns is read on for 30 s after its last
 * growth; one that was renamed while nobody ran is looked for beside its old place by its inode.
 */
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type FollowedFile, newFile, nextGeneration, positionOf } from './followed-file.ts'
import { compileGlobs, findFiles, type Glob, type Walk } from './glob.ts'
import {
  contentKey,
  fingerprintOf,
  identityKey,
  identityOf,
  readAt,
  readHead,
  TAIL_BYTES,
  tailChecksum,
} from './identity.ts'
import { createLedger } from './ledger.ts'
import { type Candidate, Matcher } from './matcher.ts'
import { isMissing, type Problems } from './problems.ts'
import type { FilePosition, TailOptions } from './types.ts'

const MAX_FILES = 50_000
/** How long a file renamed out of the patterns is followed after its last growth. */
const OUTSIDE_MS = 30_000
const DEFAULT_OPEN_FILES = 512
/** How often one scan looks again because a file was renamed between being found and being opened. */
const LOOKS_MOST = 5
export const DEFAULT_FINGERPRINT_BYTES = 1_000

type Stats = Awaited<ReturnType<typeof statOf>>
const statOf = (path: string) => stat(path, { bigint: true })

interface Found {
  readonly path: string
  readonly stats: Stats
}

const hasChanged = (file: FollowedFile, stats: { readonly size: bigint; readonly mtimeNs: bigint }): boolean =>
  Number(stats.size) !== file.size || stats.mtimeNs !== file.modified

const isIdle = (file: FollowedFile): boolean => file.handle !== undefined && !file.busy && file.present

/** What stands in the file is history: reading begins with what comes. */
const startAtEnd = async (file: FollowedFile, candidate: Candidate, fingerprintBytes: number): Promise<void> => {
  const { handle, size } = candidate
  if (size === 0) return
  const tail = await readAt(handle, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES))
  file.key = contentKey(await readHead(handle), file.identity, 0)
  file.fingerprint = await fingerprintOf(handle, fingerprintBytes)
  file.offset = size
  file.tail = tailChecksum(tail)
  const position = positionOf(file)
  file.ledger = createLedger(() => position)
}

export class FileSet {
  readonly #options: TailOptions
  readonly #problems: Problems
  readonly #include: readonly Glob[]
  readonly #exclude: readonly Glob[]
  readonly #matcher: Matcher
  readonly #byIdentity = new Map<string, FollowedFile>()
  readonly #byPath = new Map<string, FollowedFile>()
  #folders: ReadonlySet<string> = new Set()
  #first = true
  #openFiles = 0
  /** Since the last look a name has come to mean another file. */
  #moved = false

  constructor(options: TailOptions, problems: Problems) {
    const folder = options.folder ?? process.cwd()
    this.#options = options
    this.#problems = problems
    this.#include = compileGlobs(options.include, folder)
    this.#exclude = compileGlobs(options.exclude ?? [], folder)
    this.#matcher = new Matcher(options.positions ?? [])
  }

  get #maxOpenFiles(): number {
    return this.#options.maxOpenFiles ?? DEFAULT_OPEN_FILES
  }

  get all(): Iterable<FollowedFile> {
    return this.#byIdentity.values()
  }

  /** Those that hold or may hold files. */
  get folders(): ReadonlySet<string> {
    return this.#folders
  }

  get positions(): FilePosition[] {
    return [...this.#matcher.dormant, ...[...this.#byIdentity.values()].map((file) => file.ledger.base())]
  }

  at(path: string): FollowedFile | undefined {
    return this.#byPath.get(path)
  }

  isWanted(path: string): boolean {
    return this.#include.some((glob) => glob.matches(path)) && !this.#exclude.some((glob) => glob.matches(path))
  }

  /** Looks for files; answers those that have something to read. */
  async scan(): Promise<FollowedFile[]> {
    const changed: FollowedFile[] = []
    // What was moved away under our hands is found under its other name, at once: there may be no later look.
    for (let looks = 0; looks === 0 || (this.#moved && looks < LOOKS_MOST); looks++) {
      this.#moved = false
      const walk = await findFiles(this.#include, this.#exclude)
      for (const [path, error] of walk.unreadable)
        this.#problems.tell({ kind: 'unreadable', path, message: error.message })
      this.#folders = walk.folders
      for (const { path, stats } of await this.#look(walk, changed)) {
        const file = await this.#tryAdmit(path, stats)
        if (file !== undefined) changed.push(file)
      }
    }
    if (this.#first) changed.push(...(await this.#findRenamed()))
    this.#first = false
    return changed
  }

  /** False when the path is another file now. */
  async open(file: FollowedFile): Promise<boolean> {
    if (file.handle !== undefined) return true
    const handle = await open(file.path, 'r')
    const stats = await handle.stat({ bigint: true })
    if (isDeepStrictEqual(identityOf(stats), file.identity)) {
      file.handle = handle
      this.#openFiles++
      return true
    }
    await handle.close()
    return false
  }

  async close(file: FollowedFile): Promise<void> {
    const { handle } = file
    if (handle === undefined) return
    file.handle = undefined
    this.#openFiles--
    await handle.close().catch(() => undefined)
  }

  async closeAll(): Promise<void> {
    for (const file of this.#byIdentity.values()) await this.close(file)
  }

  /** Closes the handles that were idle longest, beyond the bound. */
  async trim(): Promise<void> {
    const excess = this.#openFiles - this.#maxOpenFiles
    if (excess <= 0) return
    const idle = [...this.#byIdentity.values()].filter(isIdle).toSorted((a, b) => a.touched - b.touched)
    for (const file of idle.slice(0, excess)) await this.close(file)
  }

  async forgetGone(): Promise<void> {
    const now = this.#options.clock.monotonic()
    for (const file of this.#byIdentity.values()) {
      if (file.present || file.busy || file.dirty || file.ledger.pending > 0) continue
      const isRead = file.abandoned || (file.partialSince === undefined && file.offset >= file.size)
      if (file.deleted ? isRead : now - file.touched > OUTSIDE_MS) await this.#forget(file)
    }
  }

  stats(): { files: number; openFiles: number; bytesBehind: number } {
    const all = [...this.#byIdentity.values()]
    return {
      files: all.length,
      openFiles: this.#openFiles,
      bytesBehind: all.reduce((sum, file) => sum + Math.max(0, file.size - file.offset), 0),
    }
  }

  /** Brings the known files up to date with what was found; answers the unknown ones. */
  async #look(walk: Walk, changed: FollowedFile[]): Promise<Found[]> {
    const unknown: Found[] = []
    const before = [...this.#byIdentity.values()]
    this.#byPath.clear()
    const seen = new Set<FollowedFile>()
    for (const path of walk.files) {
      const stats = await this.#statOf(path)
      if (stats === undefined) continue
      const known = this.#byIdentity.get(identityKey(identityOf(stats)))
      if (known === undefined || known.identity.birth !== String(stats.birthtimeNs)) {
        if (known !== undefined) await this.#forget(known)
        unknown.push({ path, stats })
        continue
      }
      known.path = path
      seen.add(known)
      this.#byPath.set(path, known)
      if (hasChanged(known, stats)) changed.push(known)
    }
    for (const file of before) {
      file.present = seen.has(file)
      if (file.present) continue
      const stats = await file.handle?.stat({ bigint: true }).catch(() => undefined)
      file.deleted = stats === undefined || stats.nlink === 0n
      if (stats !== undefined && hasChanged(file, stats)) changed.push(file)
    }
    // Those known by their inode first: then it is clear which of several with the same content is which.
    const isKnown = new Map(unknown.map((found) => [found, this.#matcher.hasInode(String(found.stats.ino))]))
    return [...unknown.filter((found) => isKnown.get(found)), ...unknown.filter((found) => isKnown.get(found) !== true)]
  }

  async #statOf(path: string): Promise<Stats | undefined> {
    try {
      const stats = await statOf(path)
      return stats.isFile() ? stats : undefined
    } catch (error) {
      if (!isMissing(error)) this.#problems.tell({ kind: 'unreadable', path, message: (error as Error).message })
      return undefined
    }
  }

  async #tryAdmit(path: string, stats: Stats): Promise<FollowedFile | undefined> {
    // Two names of one file that has just been found.
    if (this.#byIdentity.has(identityKey(identityOf(stats)))) return undefined
    if (this.#byIdentity.size >= MAX_FILES) {
      const message = `more than ${MAX_FILES} files match; the rest is left out`
      this.#problems.tell({ kind: 'too_many_files', path: '', message })
      return undefined
    }
    try {
      const file = await this.#admit(path, stats)
      if (file !== undefined) this.#byPath.set(path, file)
      this.#problems.readable(path)
      return file
    } catch (error) {
      if (!isMissing(error)) this.#problems.tell({ kind: 'unreadable', path, message: (error as Error).message })
      return undefined
    }
  }

  async #admit(path: string, found: Stats): Promise<FollowedFile | undefined> {
    const { clock, once, startAt = 'end', fingerprintBytes = DEFAULT_FINGERPRINT_BYTES } = this.#options
    const handle = await open(path, 'r')
    try {
      const now = clock.monotonic()
      const stats = await handle.stat({ bigint: true })
      const identity = identityOf(stats)
      // Rotated since it was found: this handle is the new file, and to read it as the old one would lose the old one.
      if (!isDeepStrictEqual(identity, identityOf(found))) {
        this.#moved = true
        await handle.close()
        return undefined
      }
      const candidate: Candidate = { path, identity, size: Number(stats.size), handle }
      const decision = await this.#matcher.decide(candidate, this.#byIdentity.values(), this.#first, now)
      if (decision.kind === 'wait') {
        await handle.close()
        return undefined
      }
      const file = newFile({ path, identity, handle, position: decision.position }, now)
      if (decision.kind === 'emptied') nextGeneration(file)
      if (decision.kind === 'new' && this.#first && startAt === 'end')
        await startAtEnd(file, candidate, fingerprintBytes)
      if (once === true) file.limit = candidate.size
      this.#byIdentity.set(identityKey(identity), file)
      this.#openFiles++
      if (this.#openFiles > this.#maxOpenFiles) await this.close(file)
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #forget(file: FollowedFile): Promise<void> {
    this.#byIdentity.delete(identityKey(file.identity))
    await this.close(file)
  }

  /** Files with a position that were renamed out of the patterns while nobody ran. */
  async #findRenamed(): Promise<FollowedFile[]> {
    const found: FollowedFile[] = []
    const lost = this.#matcher.dormant.filter((position) => position.offset > 0 && this.isWanted(position.path))
    for (const near of new Set(lost.map((position) => dirname(position.path)))) {
      for (const name of await readdir(near).catch(() => [])) {
        const path = join(near, name)
        const stats = await this.#statOf(path)
        if (stats === undefined || !this.#matcher.hasInode(String(stats.ino))) continue
        const file = await this.#tryAdmit(path, stats)
        if (file === undefined) continue
        this.#byPath.delete(path)
        file.present = false
        if (file.offset === 0) await this.#forget(file)
        else found.push(file)
      }
    }
    return found
  }
}
