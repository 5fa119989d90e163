/** Where paths lead in a line: worked out once for each handle, from the rules of envelope/places.ts. */
import { MEMBER, METADATA, placeOfAttribute } from '../envelope/places.ts'
import type { Place } from '../envelope/places.ts'
import { Field } from '../path.ts'
import type { Handle } from '../path.ts'
import type { PathKey } from '../types.ts'
import { toTapeKeys } from './tape.ts'
import type { TapeKey } from './tape.ts'

export interface Spot {
  readonly keys: readonly PathKey[]
  readonly tapeKeys: readonly TapeKey[]
}

export type Route =
  | (Spot & {
      readonly kind: 'attribute'
      /** The attribute itself, without the keys inside it. */
      readonly head: Spot
      /** The container its place is in; absent for a member of the envelope. */
      readonly container: Spot | undefined
      /** The same name in `attributes`, which an envelope written elsewhere may have. */
      readonly other: (Spot & { readonly head: Spot }) | undefined
    })
  | (Spot & { readonly kind: 'body' | 'text' | 'time' })
  | (Spot & { readonly kind: 'id'; readonly digits: number })
  | (Spot & { readonly kind: 'severity'; readonly other: Spot })
  | { readonly kind: 'slow' }

const spot = (...keys: readonly PathKey[]): Spot => ({ keys, tapeKeys: toTapeKeys(keys) })

const slow: Route = { kind: 'slow' }

/** The keys of a place that lead to the attribute itself. */
const keysOf = (place: Place): readonly string[] => (place.in === 'member' ? [place.key] : [place.in, place.key])

const attributeRoute = (rest: readonly PathKey[]): Route => {
  const [name, ...inside] = rest
  if (typeof name !== 'string') return slow
  const place = placeOfAttribute(name)
  if (place.in === 'attributes' && (name.startsWith(MEMBER) || name === `${METADATA}severity`)) return slow
  const head = spot(...keysOf(place))
  const otherHead = spot('attributes', name)
  return {
    kind: 'attribute',
    ...spot(...head.keys, ...inside),
    head,
    container: place.in === 'member' ? undefined : spot(place.in),
    other: place.in === 'attributes' ? undefined : { ...spot('attributes', name, ...inside), head: otherHead },
  }
}

const compile = ({ field, rest }: Handle): Route => {
  if (field === Field.attributes) return rest.length > 0 ? attributeRoute(rest) : slow
  if (field === Field.body) return { kind: 'body', ...spot('body', ...rest) }
  if (rest.length > 0) return slow
  switch (field) {
    case Field.eventName:
      return { kind: 'text', ...spot('type') }
    case Field.severityText:
      return { kind: 'text', ...spot('severity_text') }
    case Field.time:
      return { kind: 'time', ...spot('timestamp') }
    case Field.severity:
      return { kind: 'severity', ...spot('metadata', 'severity'), other: spot('severity_number') }
    case Field.traceId:
      return { kind: 'id', digits: 32, ...spot('trace_id') }
    case Field.spanId:
      return { kind: 'id', digits: 16, ...spot('span_id') }
    default:
      return slow
  }
}

/** Where the path stands in an envelope. */
export const routeOf = (handle: Handle): Route => {
  const known = handle.envelope as Route | undefined
  if (known !== undefined) return known
  const route = compile(handle)
  handle.envelope = route
  return route
}

/** The keys below `body` as the tape wants them. */
export const bodyKeys = (handle: Handle): readonly TapeKey[] => {
  const known = handle.json as readonly TapeKey[] | undefined
  if (known !== undefined) return known
  const keys = toTapeKeys(handle.rest)
  handle.json = keys
  return keys
}
