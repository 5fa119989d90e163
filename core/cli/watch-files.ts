/**
 * Tells when files have changed, by looking: an editor that replaces a file, a link that is turned, and a file on a network
 * are all seen. A change is told when the files have been the same for one look, so that a half written one is not read.
 */
import { statSync } from 'node:fs'

const LOOK_EVERY_MS = 1_000

const lookAt = (files: readonly string[]): string =>
  files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false })
      return stat === undefined ? '-' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
    })
    .join('\n')

/** `files` is asked at each look. The answer ends it. */
export const watchFiles = (
  files: () => readonly string[],
  changed: () => void,
  everyMs = LOOK_EVERY_MS,
): (() => void) => {
  let told = lookAt(files())
  let before = told
  const timer = setInterval(() => {
    const now = lookAt(files())
    if (now !== told && now === before) {
      told = now
      changed()
    }
    before = now
  }, everyMs)
  return () => clearInterval(timer)
}
