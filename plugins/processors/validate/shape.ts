/**
 * What events of a type have looked like so far: each field with the types it had, and whether it was always there. A null
 * says nothing about a field's type.
 */
export interface Shape {
  /** Events seen, counted up to `learn`. */
  readonly seen: number
  readonly fields: Readonly<Record<string, { readonly types: readonly string[]; readonly always: boolean }>>
}

export interface Drift {
  readonly change: 'appeared' | 'vanished' | 'type_changed'
  readonly path: string
  readonly oldType?: string
  readonly newType?: string
}

/** Deeper fields are part of the field they stand in. */
const DEPTH_MAX = 4

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const fieldsOf = (data: object): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const walk = (map: object, prefix: string, depth: number): void => {
    for (const [key, value] of Object.entries(map)) {
      const path = prefix + key
      const type = typeOf(value)
      found.set(path, type)
      if (type === 'object' && depth < DEPTH_MAX) walk(value as object, `${path}.`, depth + 1)
    }
  }
  walk(data, '', 1)
  return found
}

/** Fields of a shape that were there in every event. */
const alwaysThere = new WeakMap<Shape, number>()

const alwaysIn = (shape: Shape): number => {
  let count = alwaysThere.get(shape)
  if (count === undefined) {
    count = Object.values(shape.fields).filter(({ always }) => always).length
    alwaysThere.set(shape, count)
  }
  return count
}

/** Nothing about this event is new: what nearly all are, told without making anything. */
const isUsual = (shape: Shape, data: object): boolean => {
  let always = 0
  const walk = (map: object, prefix: string, depth: number): boolean => {
    for (const key of Object.keys(map)) {
      const value = (map as Readonly<Record<string, unknown>>)[key]
      const path = prefix + key
      const field = Object.hasOwn(shape.fields, path) ? shape.fields[path]! : undefined
      const type = typeOf(value)
      if (field === undefined || (type !== 'null' && !field.types.includes(type))) return false
      if (field.always) always++
      if (type === 'object' && depth < DEPTH_MAX && !walk(value as object, `${path}.`, depth + 1)) return false
    }
    return true
  }
  // Two fields may have one path (`a.b` and b in a): then they are counted twice, and looked at closely.
  return walk(data, '', 1) && always === alwaysIn(shape)
}

export interface Limits {
  readonly learn: number
  readonly fields_max: number
}

/** The shape with one more event in it, the same object when it taught nothing, and what is new once it is known. */
export const look = (
  before: Shape | undefined,
  data: object,
  { learn, fields_max: fieldsMax }: Limits,
): { readonly shape: Shape; readonly drifts: readonly Drift[] } => {
  const old = before ?? { seen: 0, fields: {} }
  const isKnown = old.seen >= learn
  if (isKnown && isUsual(old, data)) return { shape: old, drifts: [] }
  const fields = new Map(Object.entries(old.fields))
  const present = fieldsOf(data)
  const drifts: Drift[] = []
  for (const [path, type] of present) {
    const field = fields.get(path)
    if (field === undefined) {
      if (fields.size >= fieldsMax) continue
      fields.set(path, { types: type === 'null' ? [] : [type], always: old.seen === 0 })
      drifts.push({ change: 'appeared', path, newType: type })
    } else if (type !== 'null' && !field.types.includes(type)) {
      fields.set(path, { ...field, types: [...field.types, type] })
      if (field.types.length > 0)
        drifts.push({ change: 'type_changed', path, oldType: field.types.join(' or '), newType: type })
    }
  }
  for (const [path, field] of fields) {
    if (!field.always || present.has(path)) continue
    fields.set(path, { ...field, always: false })
    drifts.push({ change: 'vanished', path, oldType: field.types.join(' or ') || 'null' })
  }
  if (isKnown && [...fields].every(([path, field]) => old.fields[path] === field)) return { shape: old, drifts }
  const shape = { seen: Math.min(old.seen + 1, learn), fields: Object.fromEntries(fields) }
  return { shape, drifts: isKnown ? drifts : [] }
}
