/** What a path of a context is, and the usual kinds of them. */
import type { PathKey } from '../../model/index.ts'
import { fieldPlace } from './fields.ts'
import type { FieldKind } from './fields.ts'
import type { CompiledKey } from './keys.ts'
import { cachePlace, keyPlace, mapPlace } from './store.ts'
import type { Place } from './store.ts'

/** What a path is once its keys are known. Without `indexed` it takes none. */
export interface PathSpec {
  readonly whole: Place
  readonly indexed?: (keys: readonly CompiledKey[]) => Place
  readonly type: string
}
export type PathTable = ReadonlyMap<string, PathSpec>

export const field = (at: readonly PathKey[], kind: FieldKind, type: string): PathSpec => ({
  whole: fieldPlace(at, kind),
  type,
})
export const map = (at: readonly PathKey[]): PathSpec => ({
  whole: mapPlace(at),
  indexed: (keys) => keyPlace(at, keys),
  type: 'map',
})
export const cache: PathSpec = { whole: cachePlace([]), indexed: cachePlace, type: 'map' }
