/** Editors as data: edits of attributes that records of one kind share. What is none of them stays code. */
import type { PathHandle, PathKey, Value } from '../../model/index.ts'
import type { Edit, Source } from '../../model/script.ts'
import type { Place } from '../contexts/store.ts'
import type { Expression, Run } from '../expression.ts'
import { Failure, toStored } from '../values.ts'
import type { Evaluated } from '../values.ts'
import type { MapTarget } from './spec.ts'

export const isInside = (inner: readonly PathKey[] | undefined, outer: readonly PathKey[] | undefined): boolean =>
  inner !== undefined && outer !== undefined && inner.length > outer.length && outer.every((key, i) => key === inner[i])

/** A single attribute of the record. */
const isAttribute = (at: PathHandle | undefined): at is PathHandle =>
  at !== undefined && at.keys.length === 2 && at.keys[0] === 'attributes' && typeof at.keys[1] === 'string'

/** Fields of a log record that are set as a whole. */
const fields: ReadonlySet<unknown> = new Set([
  'time_unix_nano',
  'observed_time_unix_nano',
  'severity_number',
  'severity_text',
  'event_name',
  'body',
  'trace_id',
  'span_id',
  'flags',
  'dropped_attributes_count',
])
const isField = (at: PathHandle | undefined): at is PathHandle => at?.keys.length === 1 && fields.has(at.keys[0])

/** A literal as it is stored; what cannot be is no source. */
const constant = (value: Evaluated, takes: (value: Evaluated) => Value): Source<Run> | undefined => {
  try {
    return { type: 'value', value: takes(value) }
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined
    throw thrown
  }
}

const sourceOf = ({ get, literal, place, text }: Expression): Source<Run> | undefined => {
  if (literal !== undefined) return constant(literal.value, toStored)
  if (isAttribute(place?.stored)) return { type: 'attribute', at: place.stored }
  if (text !== undefined && isAttribute(text.at))
    return { type: 'text', at: text.at, change: (from) => toStored(text.change(from)), ascii: text.ascii }
  return { type: 'asked', get: (run) => toStored(get(run)) }
}

export const setEdit = ({
  Target: { stored, handle, takes },
  Value: expression,
}: {
  readonly Target: Place
  readonly Value: Expression
}): Edit<Run> | undefined => {
  const { literal, get, place } = expression
  if (isInside(handle?.keys, place?.handle?.keys)) return undefined
  if (isAttribute(stored)) {
    const from = sourceOf(expression)
    return from && { type: 'set', at: stored, from }
  }
  if (takes === undefined || !isField(handle)) return undefined
  const from: Source<Run> | undefined = literal
    ? constant(literal.value, takes)
    : { type: 'asked', get: (run) => takes(get(run)) }
  return from && { type: 'set', at: handle, from }
}

export const deleteEdit = ({ member }: MapTarget, key: string | undefined): Edit<Run> | undefined => {
  const at = key === undefined ? undefined : member?.(key)
  return isAttribute(at) ? { type: 'delete', at } : undefined
}

/** Of the whole of a record's attributes. */
export const keepEdit = ({ handle }: MapTarget, keeps: (key: string) => boolean): Edit<Run> | undefined =>
  handle?.keys.length === 1 && handle.keys[0] === 'attributes' ? { type: 'keep', keeps } : undefined
