/**
 * A record of a block and what stands around it: three messages, of which each is opened only where somebody looks.
 * Moved from row to row; what it says of the resource and scope is kept while the group stays the same.
 */
import type { Path, PathKey, Value } from '../../types.ts'
import { isMap, kindOf, newMap } from '../../value.ts'
import { handleKeys } from '../../path.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_START } from '../block.ts'
import type { OtlpBlock, OtlpGroup } from '../block.ts'
import { ProtoReader } from '../read.ts'
import { deleteAt, getAt, setAt } from './access.ts'
import { resourceAround, scopeAround } from './around.ts'
import type { Message, MessageField } from './describe.ts'
import { Node } from './node.ts'

type Keys = readonly PathKey[]

const wholeOf = (message: Message): MessageField => message.fields[0]!
const schemaUrlOf = (message: Message): MessageField => message.fields[1]!

const rootOf = (message: Message, bytes: Uint8Array): Node => new Node(message, new ProtoReader(bytes), 0, bytes.length)

export class MessageRecord {
  readonly block: OtlpBlock
  readonly node: Node
  readonly #r: ProtoReader
  #resource: Node | undefined
  #scope: Node | undefined
  row = -1

  constructor(block: OtlpBlock, message: Message, row: number) {
    this.block = block
    this.#r = new ProtoReader(block.bytes)
    this.node = new Node(message, this.#r, 0, 0)
    this.move(row)
  }

  move(row: number): void {
    const { rows } = this.block
    const at = row * ROW
    const isSame = this.row >= 0 && rows[this.row * ROW + ROW_GROUP] === rows[at + ROW_GROUP]
    if (!isSame || this.#resource?.changed) this.#resource = undefined
    if (!isSame || this.#scope?.changed) this.#scope = undefined
    this.row = row
    this.node.reset(this.#r, rows[at + ROW_START]!, rows[at + ROW_END]!)
  }

  get group(): OtlpGroup {
    return this.block.groups[this.block.rows[this.row * ROW + ROW_GROUP]!]!
  }
  get resource(): Node {
    return (this.#resource ??= rootOf(resourceAround, this.group.resource))
  }
  get scope(): Node {
    return (this.#scope ??= rootOf(scopeAround, this.group.scope))
  }
  get groupChanged(): boolean {
    return this.#resource?.changed === true || this.#scope?.changed === true
  }
  get changed(): boolean {
    return this.node.changed || this.groupChanged
  }

  #around(keys: Keys): Node | undefined {
    if (keys[0] === 'resource') return this.resource
    return keys[0] === 'scope' ? this.scope : undefined
  }

  get(path: Path): Value | undefined {
    const keys = handleKeys(path)
    const around = this.#around(keys)
    return around ? getAround(around, keys) : getAt(this.node, keys, 0)
  }

  set(path: Path, value: Value): void {
    const keys = handleKeys(path)
    const around = this.#around(keys)
    if (around) setAround(around, keys, value)
    else if (keys.length === 0) throw new TypeError('a path needs a field')
    else setAt(this.node, keys, 0, value)
  }

  delete(path: Path): void {
    const keys = handleKeys(path)
    const around = this.#around(keys)
    if (around) deleteAround(around, keys)
    else if (keys.length > 0) deleteAt(this.node, keys, 0)
  }
}

/** `schema_url` stands beside the message, and is shown as one of its members. */
const getAround = (around: Node, keys: Keys): Value | undefined => {
  const { message } = around
  if (keys[1] === 'schema_url') return getAt(around, keys, 1)
  const whole = getAt(around, [wholeOf(message).name, ...keys.slice(1)], 0)
  if (keys.length > 1) return whole
  return Object.assign(newMap(), whole, { schema_url: around.scalar(schemaUrlOf(message)) })
}

const setAround = (around: Node, keys: Keys, value: Value): void => {
  const { message } = around
  if (keys[1] === 'schema_url') setAt(around, keys, 1, value)
  else if (keys.length > 1) setAt(around, [wholeOf(message).name, ...keys.slice(1)], 0, value)
  else {
    if (!isMap(value)) throw new TypeError(`${String(keys[0])} cannot be a ${kindOf(value)}`)
    const { schema_url: schemaUrl = '', ...members } = value
    setAt(around, ['schema_url'], 0, schemaUrl)
    setAt(around, [wholeOf(message).name], 0, Object.assign(newMap(), members))
  }
}

const deleteAround = (around: Node, keys: Keys): void => {
  const { message } = around
  if (keys[1] === 'schema_url') deleteAt(around, keys, 1)
  else if (keys.length > 1) deleteAt(around, [wholeOf(message).name, ...keys.slice(1)], 0)
  else {
    deleteAt(around, [wholeOf(message).name], 0)
    deleteAt(around, ['schema_url'], 0)
  }
}
