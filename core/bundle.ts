/**
 * The collector in few files, which starts in half the time: made by `npm run bundle` (and by `npm install`) for a
 * checkout, and part of the published package. The sources stay the truth: a bundle is used only when every file it was
 * made of is as it was then, so that what somebody edits is what runs.
 */
import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where a checkout keeps its bundles, below its root; a package has its own in `bundle`. */
export const CHECKOUT_BUNDLES = '.cache/bundle'
export const PACKAGE_BUNDLE = 'bundle'
export const MANIFEST = 'manifest.json'

export interface Input {
  /** Below the root. */
  readonly path: string
  readonly bytes: number
  readonly mtimeMs: number
  readonly sha256: string
}

export interface Manifest {
  /** The bundle's main file, below the manifest's folder. */
  readonly main: string
  /** Empty in a package, whose files nobody edits. */
  readonly inputs: readonly Input[]
}

/** A touched file, as a fresh clone or a copy has them, is read to see whether it is the same. */
const unchanged = (root: string, input: Input): boolean => {
  // Not `join`, which looks at every letter: of a thousand paths that is enough for V8 to load its compiler, 5 MiB.
  const path = `${root}/${input.path}`
  const now = statSync(path, { throwIfNoEntry: false })
  if (now === undefined || now.size !== input.bytes) return false
  return now.mtimeMs === input.mtimeMs || hash('sha256', readFileSync(path)) === input.sha256
}

const read = (path: string): Manifest | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

/** The URL of the bundle's main file; undefined when there is none, or one of other sources. */
export const freshBundle = (root: string, folder: string): string | undefined => {
  const manifest = read(join(root, folder, MANIFEST))
  if (manifest === undefined || !manifest.inputs.every((input) => unchanged(root, input))) return undefined
  const main = join(root, folder, manifest.main)
  return statSync(main, { throwIfNoEntry: false }) === undefined ? undefined : pathToFileURL(main).href
}
