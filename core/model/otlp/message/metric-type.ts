/** The type of a metric, which is the message its data stand in. */
import type { Value } from '../../types.ts'
import { kindOf } from '../../value.ts'
import { dataFields, pointsField } from './metric.ts'
import type { MessageField } from './describe.ts'
import type { Node } from './node.ts'
import { written } from './written.ts'

const fieldOf = (node: Node): MessageField | undefined => {
  const data = node.peekChoice()
  return node.message.choices.find((choice) => choice.message === data?.message)
}

export const typeOf = (node: Node): string => fieldOf(node)?.name ?? ''

/** The points of a gauge and a sum are the same message. */
const holdNumbers = (name: string | undefined): boolean => name === 'gauge' || name === 'sum'

/**
 * Makes a sum of a gauge or a gauge of a sum, with its points; any type of a metric without points. Throws `TypeError`
 * where the points would not fit.
 */
export const convert = (node: Node, value: Value): void => {
  const to = typeof value === 'string' ? dataFields.get(value) : undefined
  if (to === undefined)
    throw new TypeError(
      `type cannot be ${typeof value === 'string' ? JSON.stringify(value) : `a ${kindOf(value)}`}; it can be ${[...dataFields.keys()].join(', ')}`,
    )
  const from = fieldOf(node)
  if (from === to) return
  const data = node.choice()
  const points = data?.run(pointsField(data.message)) ?? []
  if (points.length > 0 && !(holdNumbers(from?.name) && holdNumbers(to.name)))
    throw new TypeError(`the points of ${from!.message!.name} do not fit ${to.message!.name}`)
  const known = new Set(to.message!.fields.map(({ tag }) => tag))
  data?.remove(data.items().filter((item) => item.field !== undefined && !known.has(item.tag)))
  const content = data?.bytes() ?? new Uint8Array(0)
  const bytes = written((w) => {
    w.raw(content, 0, content.length)
    w.varint(content.length)
    w.varint(to.tag)
  })
  node.replace(
    to,
    bytes,
    node.items().filter((item) => item.field?.isChoice),
  )
}
