import { createHash } from 'node:crypto'
import { effective, effectiveValue, type Loaded } from '../config/index.ts'
import { toJson } from '../control/json.ts'

/** Hexadecimal digits that are shown. */
const HASH_LENGTH = 12

/** Of what takes effect: files merged, variables filled in. Secrets are not part of it, so that it tells nothing of them. */
export const hashOf = (loaded: Loaded): string => {
  const tree = effective(loaded)
  const text = tree === undefined ? '' : toJson(effectiveValue(tree))
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}
