/** Where paths lead in a line: worked out once for each handle, from the rules of envelope/places.ts. */
import { MEMBER, METADATA, placeOfAttribute } from '../envelope/places.ts'
import type { Place } from '../envelope/places.ts'
import { Field } from '../path.ts'
import type { Handle } from '../path.ts'
import type { PathKey } from '../types.ts'
import { Spot } from './spot.ts'

export type Route =
  | {
      readonly kind: 'attribute'
      readonly at: Spot
      /** The attribute itself, without the keys inside it. */
      readonly head: Spot
      /** The container its place is in; absent for a member of the envelope. */
      readonly container: Spot | undefined
      /** The same name in `attributes`, which an envelope written elsewhere may have. */
      readonly other: { readonly at: Spot; readonly head: Spot } | undefined
    }
  | { readonly kind: 'body' | 'text' | 'time'; readonly at: Spot }
  | { readonly kind: 'id'; readonly at: Spot; readonly digits: number }
  | { readonly kind: 'severity'; readonly at: Spot; readonly container: Spot; readonly other: Spot }
  | { readonly kind: 'slow' }

const spot = (...keys: readonly PathKey[]): Spot => new Spot(keys)

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
    at: spot(...head.keys, ...inside),
    head,
    container: place.in === 'member' ? undefined : spot(place.in),
    other: place.in === 'attributes' ? undefined : { at: spot('attributes', name, ...inside), head: otherHead },
  }
}

const compile = ({ field, rest }: Handle): Route => {
  if (field === Field.attributes) return rest.length > 0 ? attributeRoute(rest) : slow
  if (field === Field.body) return { kind: 'body', at: spot('body', ...rest) }
  if (rest.length > 0) return slow
  switch (field) {
    case Field.eventName:
      return { kind: 'text', at: spot('type') }
    case Field.severityText:
      return { kind: 'text', at: spot('severity_text') }
    case Field.time:
      return { kind: 'time', at: spot('timestamp') }
    case Field.severity:
      return {
        kind: 'severity',
        at: spot('metadata', 'severity'),
        container: spot('metadata'),
        other: spot('severity_number'),
      }
    case Field.traceId:
      return { kind: 'id', digits: 32, at: spot('trace_id') }
    case Field.spanId:
      return { kind: 'id', digits: 16, at: spot('span_id') }
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

/** The place below the body, where the line's value is the body. */
export const bodySpot = (handle: Handle): Spot => {
  const known = handle.json as Spot | undefined
  if (known !== undefined) return known
  const spotOf = new Spot(handle.rest)
  handle.json = spotOf
  return spotOf
}
