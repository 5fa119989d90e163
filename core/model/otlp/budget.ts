/**
 * How much is kept of what was worked out for kinds of records: shapes, their revisions, the ways of scripts. Beyond that all
 * is forgotten and begun anew.
 */

/** Each takes up to a KiB. */
const KEPT_MAX = 8_192

let kept = 0
let beginnings = 0

/** Counts one thing that is kept. */
export const keepOne = (): void => {
  if (++kept <= KEPT_MAX) return
  kept = 0
  beginnings++
}

/** How often all was begun anew. */
export const generation = (): number => beginnings
