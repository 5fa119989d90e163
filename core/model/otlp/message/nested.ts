/** Views on messages inside records, and drafts of them. */
import { handleKeys } from '../../path.ts'
import type { Attributes, Nested, NestedDraft, Path, Value } from '../../types.ts'
import { deleteAt, getAt, setAt } from './access.ts'
import type { MessageField } from './describe.ts'
import type { Node } from './node.ts'

/** The attributes of a message; of one that has none, there are none. */
export class EntriesView implements Attributes {
  readonly #node: Node | undefined
  readonly #field: MessageField | undefined

  constructor(node: Node | undefined, name: string) {
    this.#node = node
    this.#field = node?.message.byName.get(name)
  }
  get size(): number {
    return this.#field ? this.#node!.count(this.#field) : 0
  }
  has(key: string): boolean {
    return this.get(key) !== undefined
  }
  get(key: string): Value | undefined {
    return this.#field && this.#node!.entry(this.#field, key)
  }
  [Symbol.iterator](): Iterator<readonly [string, Value]> {
    return (this.#field ? this.#node!.entries(this.#field) : [])[Symbol.iterator]()
  }
}

export class NestedView implements Nested {
  protected readonly node: Node

  constructor(node: Node) {
    this.node = node
  }
  get(path: Path): Value | undefined {
    return getAt(this.node, handleKeys(path), 0)
  }
  /** A field the message may lack. */
  protected scalar(name: string): Value | undefined {
    const field = this.node.message.byName.get(name)
    return field && this.node.scalar(field)
  }
  get attributes(): Attributes {
    return new EntriesView(this.node, 'attributes')
  }
}

/** The messages of a list, each with what takes it out of there. */
export const draftsOf = <N extends Nested>(
  owner: Node | undefined,
  name: string,
  view: (node: Node) => N,
): NestedDraft<N>[] => {
  const field = owner?.message.byName.get(name)
  if (!owner || !field) return []
  const nodes = owner.list(field)
  const items = owner.run(field)
  return nodes.map((node, i) => ({
    item: view(node),
    set: (path, value) => setAt(node, handleKeys(path), 0, value),
    delete: (path) => deleteAt(node, handleKeys(path), 0),
    drop: () => owner.drop(items[i]!),
  }))
}
