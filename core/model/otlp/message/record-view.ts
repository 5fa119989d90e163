/** What the views of spans and metrics share: paths, the resource, the scope, the origin. */
import type { Origin, Path, Resource, Scope, Value } from '../../types.ts'
import { OtlpGroup, ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START } from '../block.ts'
import { asBytes } from '../../bytes.ts'
import { resourceAround, scope, scopeAround } from './around.ts'
import type { Message } from './describe.ts'
import { EntriesView } from './nested.ts'
import type { Node } from './node.ts'
import { MessageRecord } from './record.ts'

const textIn = (node: Node | undefined, message: Message, name: string): string =>
  node ? (node.scalar(message.byName.get(name)!) as string) : ''

const insideOf = (around: Node): Node | undefined => around.peek(around.message.fields[0]!)

export class RecordView {
  protected readonly own: MessageRecord

  constructor(own: MessageRecord) {
    this.own = own
  }
  get(path: Path): Value | undefined {
    return this.own.get(path)
  }
  get resource(): Resource {
    const around = this.own.resource
    return {
      attributes: new EntriesView(insideOf(around), 'attributes'),
      schemaUrl: textIn(around, resourceAround, 'schema_url'),
    }
  }
  get scope(): Scope {
    const around = this.own.scope
    const inside = insideOf(around)
    return {
      name: textIn(inside, scope, 'name'),
      version: textIn(inside, scope, 'version'),
      attributes: new EntriesView(inside, 'attributes'),
      schemaUrl: textIn(around, scopeAround, 'schema_url'),
    }
  }
  get origin(): Origin | undefined {
    const { block, row } = this.own
    return block.origin && { key: block.origin.key, offset: block.origin.offset + block.rows[row * ROW + ROW_OFFSET]! }
  }

  /** The record as it is now, on rows of its own. */
  protected kept(): MessageRecord {
    const { block, row, node } = this.own
    if (!this.own.changed) return new MessageRecord(block, node.message, row)
    const bytes = asBytes(node.bytes())
    const rows = Int32Array.from(block.rows.subarray(row * ROW, (row + 1) * ROW))
    rows[ROW_START] = 0
    rows[ROW_END] = bytes.length
    const groups = [...block.groups, new OtlpGroup(this.own.resource.bytes(), this.own.scope.bytes())]
    rows[ROW_GROUP] = block.groups.length
    return new MessageRecord({ ...block, bytes, rows, groups, isRequest: false }, node.message, 0)
  }
}
