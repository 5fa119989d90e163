/**
 * Paths into a message: reading, setting and deleting what they lead to. Keys are taken as they come, since what stands
 * below the data of a metric shows only in its bytes. Names nobody has and values a field cannot hold are `TypeError`s.
 */
import type { PathKey, Value } from '../../types.ts'
import { asValue, deleteIn, getIn, setIn } from '../../value.ts'
import { Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'
import { emptyNode, valueOf } from './node.ts'
import type { Node } from './node.ts'
import { convert, typeOf } from './metric-type.ts'
import { writeAttribute, writeField } from './write.ts'
import { scratch } from './written.ts'

type Keys = readonly PathKey[]

const unknownField = (message: Message, key: PathKey | undefined): never => {
  throw new TypeError(`${message.name} has no field ${JSON.stringify(key)}; it has ${[...message.known].join(', ')}`)
}

const fieldNamed = (message: Message, key: PathKey | undefined): MessageField | undefined => {
  const field = typeof key === 'string' ? message.byName.get(key) : undefined
  if (field === undefined && !(typeof key === 'string' && message.known.has(key))) unknownField(message, key)
  return field
}

const lacks = (message: Message, key: PathKey | undefined): never => {
  throw new TypeError(`${message.name} has no ${String(key)}`)
}

const asKey = (field: MessageField, key: PathKey): string => {
  if (typeof key === 'string') return key
  throw new TypeError(`${field.name} have keys, no index ${key}`)
}

/** What stands at `keys[from…]` below a message; undefined when nothing does. */
export const getAt = (node: Node, keys: Keys, from: number): Value | undefined => {
  if (from === keys.length) return node.value()
  const key = keys[from]
  const field = fieldNamed(node.message, key)
  if (field === undefined) {
    if (node.message.choices.length === 0) return undefined
    if (key === 'type') return getIn(typeOf(node), keys, from + 1)
    const data = node.peekChoice()
    return data && getAt(data, keys, from)
  }
  const next = from + 1
  switch (field.kind) {
    case Kind.entries:
      return next === keys.length ? node.entriesMap(field) : getEntry(node, field, keys, next)
    case Kind.message:
      return getAt(node.peek(field) ?? emptyNode(field.message!), keys, next)
    case Kind.messages:
      return getInList(node, field, keys, next)
    default: {
      const value = node.scalar(field)
      return next === keys.length ? value : getIn(value, keys, next)
    }
  }
}

const getEntry = (node: Node, field: MessageField, keys: Keys, from: number): Value | undefined => {
  const key = keys[from]
  if (typeof key !== 'string') return undefined
  const value = node.entry(field, key)
  return from + 1 === keys.length ? value : getIn(value, keys, from + 1)
}

const getInList = (node: Node, field: MessageField, keys: Keys, from: number): Value | undefined => {
  if (from === keys.length) return node.list(field).map((item) => item.value())
  const index = keys[from]
  const element = typeof index === 'number' ? node.element(field, index) : undefined
  return element && getAt(element, keys, from + 1)
}

/** Sets the value at `keys[from…]`, making inner messages and maps on the way. */
export const setAt = (node: Node, keys: Keys, from: number, value: Value): void => {
  const key = keys[from]
  const field = fieldNamed(node.message, key)
  if (field === undefined) {
    setBelow(node, keys, from, value)
    return
  }
  const next = from + 1
  if (next === keys.length) {
    node.replace(
      field,
      scratch((w) => writeField(w, field, value, 'name')),
    )
    return
  }
  switch (field.kind) {
    case Kind.entries:
      setEntry(node, field, keys, next, value)
      return
    case Kind.message:
      setInMessage(node, field, keys, next, value)
      return
    case Kind.messages:
      setInList(node, field, keys, next, value)
      return
    default: {
      const changed = setIn(node.scalar(field), keys, next, asValue(value))
      node.replace(
        field,
        scratch((w) => writeField(w, field, changed, 'name')),
      )
    }
  }
}

/** What is set by a name that the message itself does not have: the type of a metric, or what its data hold. */
const setBelow = (node: Node, keys: Keys, from: number, value: Value): void => {
  const { message } = node
  if (message.choices.length === 0) lacks(message, keys[from])
  if (keys[from] === 'type') {
    if (from + 1 < keys.length) throw new TypeError('type holds no further keys')
    convert(node, value)
    return
  }
  const data = node.choice()
  if (data === undefined)
    throw new TypeError(`a metric without a type has no ${String(keys[from])}: set its type first`)
  setAt(data, keys, from, value)
}

/** Nothing is made when the value is refused. */
const setInMessage = (node: Node, field: MessageField, keys: Keys, from: number, value: Value): void => {
  if (node.peek(field) === undefined) setAt(emptyNode(field.message!), keys, from, value)
  setAt(node.child(field), keys, from, value)
}

const setInList = (node: Node, field: MessageField, keys: Keys, from: number, value: Value): void => {
  const run = node.run(field)
  const index = keys[from]
  if (typeof index !== 'number') throw new TypeError(`${field.name} has no key ${JSON.stringify(index)}`)
  const isNew = index === run.length && from + 1 === keys.length
  if (!isNew && !(index >= 0 && index < run.length))
    throw new TypeError(`index ${index} is out of range: ${field.name} has ${run.length}`)
  if (from + 1 < keys.length) setAt(node.element(field, index)!, keys, from + 1, value)
  else
    node.replace(
      field,
      scratch((w) => writeField(w, field, [value], 'name')),
      run.slice(index, index + 1),
    )
}

const setEntry = (node: Node, field: MessageField, keys: Keys, from: number, value: Value): void => {
  const key = asKey(field, keys[from]!)
  const old = node.entryItems(field, key)
  const isWhole = from + 1 === keys.length
  // A value put deep into another may nest too deep only there.
  const next = isWhole ? asValue(value) : asValue(setIn(old[0] && valueOf(old[0]), keys, from + 1, asValue(value)))
  node.replace(
    field,
    scratch((w) => writeAttribute(w, field, key, next)),
    old,
  )
}

/** Removes what stands at `keys[from…]`; a field becomes what it is when absent. */
export const deleteAt = (node: Node, keys: Keys, from: number): void => {
  const key = keys[from]
  const field = fieldNamed(node.message, key)
  if (field === undefined) {
    const data = key === 'type' ? undefined : node.choice()
    if (key === 'type') throw new TypeError('type cannot be deleted; drop the metric')
    if (data) deleteAt(data, keys, from)
    return
  }
  const next = from + 1
  if (next === keys.length) {
    node.remove(node.run(field))
    return
  }
  switch (field.kind) {
    case Kind.entries:
      deleteEntry(node, field, keys, next)
      return
    case Kind.message:
      if (node.run(field).length > 0) deleteAt(node.child(field), keys, next)
      return
    case Kind.messages: {
      const index = keys[next]
      if (typeof index !== 'number') return
      const item = node.run(field)[index]
      if (item === undefined) return
      if (next + 1 === keys.length) node.remove([item])
      else deleteAt(node.element(field, index)!, keys, next + 1)
      return
    }
    default: {
      const old = node.scalar(field)
      const left = old === undefined ? old : deleteIn(old, keys, next)
      if (left !== old)
        node.replace(
          field,
          scratch((w) => writeField(w, field, left!, 'name')),
        )
    }
  }
}

const deleteEntry = (node: Node, field: MessageField, keys: Keys, from: number): void => {
  const key = keys[from]
  if (typeof key !== 'string') return
  const old = node.entryItems(field, key)
  const [first] = old
  if (first === undefined) return
  if (from + 1 === keys.length) {
    node.remove(old)
    return
  }
  const value = valueOf(first)
  const left = deleteIn(value, keys, from + 1)
  if (left !== value)
    node.replace(
      field,
      scratch((w) => writeAttribute(w, field, key, left)),
      [first],
    )
}
