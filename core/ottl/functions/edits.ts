/** Editors as data: edits of attributes that records of one kind share. What is none of them stays code. */
import type { PathHandle, PathKey } from '../../model/index.ts'
import type { Edit, Source } from '../../model/script.ts'
import type { Place } from '../contexts/store.ts'
import type { Expression, Run } from '../expression.ts'
import { Failure, toStored } from '../values.ts'
import type { MapTarget } from './spec.ts'

export const isInside = (inner: readonly PathKey[] | undefined, outer: readonly PathKey[] | undefined): boolean =>
  inner !== undefined && outer !== undefined && inner.length > outer.length && outer.every((key, i) => key === inner[i])

/** A single attribute of the record. */
const isAttribute = (at: PathHandle | undefined): at is PathHandle =>
  at !== undefined && at.keys.length === 2 && at.keys[0] === 'attributes' && typeof at.keys[1] === 'string'

const sourceOf = ({ get, literal, place, text }: Expression): Source<Run> | undefined => {
  if (literal !== undefined) {
    try {
      return { type: 'value', value: toStored(literal.value) }
    } catch (thrown) {
      if (thrown instanceof Failure) return undefined
      throw thrown
    }
  }
  if (isAttribute(place?.stored)) return { type: 'attribute', at: place.stored }
  if (text !== undefined && isAttribute(text.at))
    return { type: 'text', at: text.at, change: (from) => toStored(text.change(from)), ascii: text.ascii }
  return { type: 'asked', get: (run) => toStored(get(run)) }
}

export const setEdit = ({
  Target,
  Value,
}: {
  readonly Target: Place
  readonly Value: Expression
}): Edit<Run> | undefined => {
  if (!isAttribute(Target.stored) || isInside(Target.handle?.keys, Value.place?.handle?.keys)) return undefined
  const from = sourceOf(Value)
  return from && { type: 'set', at: Target.stored, from }
}

export const deleteEdit = ({ member }: MapTarget, key: string | undefined): Edit<Run> | undefined => {
  const at = key === undefined ? undefined : member?.(key)
  return isAttribute(at) ? { type: 'delete', at } : undefined
}

/** Of the whole of a record's attributes. */
export const keepEdit = ({ handle }: MapTarget, keeps: (key: string) => boolean): Edit<Run> | undefined =>
  handle?.keys.length === 1 && handle.keys[0] === 'attributes' ? { type: 'keep', keeps } : undefined
