/** XPath 1.0, run: the nodes of a document an expression selects, in document order. */
import { Failure } from '../values.ts'
import { innerText } from './node.ts'
import type { Attribute, XmlNode } from './node.ts'
import type { Expression, Step } from './xpath.ts'

/** An attribute seen as a node. */
export interface AttributeNode {
  readonly kind: 'attribute'
  readonly attribute: Attribute
  readonly parent: XmlNode
}
export type Selected = XmlNode | AttributeNode
type Result = number | string | boolean | readonly Selected[]

interface Focus {
  readonly node: Selected
  readonly position: number
  readonly size: number
  readonly root: XmlNode
  /** One object for each attribute of this run, so that it is the same node wherever it is met. */
  readonly attributes: Map<Attribute, AttributeNode>
}

const childrenOf = (node: Selected): readonly XmlNode[] => (node.kind === 'attribute' ? [] : node.children)

const descendants = (node: Selected, into: Selected[] = []): Selected[] => {
  for (const child of childrenOf(node)) {
    into.push(child)
    descendants(child, into)
  }
  return into
}

const ancestors = (node: Selected): Selected[] => {
  const found: Selected[] = []
  for (let at = node.parent; at !== undefined; at = at.parent) found.push(at)
  return found
}

const siblings = (node: Selected, after: boolean): readonly Selected[] => {
  if (node.kind === 'attribute' || node.parent === undefined) return []
  const all = node.parent.children
  const at = all.indexOf(node)
  return after ? all.slice(at + 1) : all.slice(0, at).toReversed()
}

const attributesOf = (node: Selected, known: Focus['attributes']): readonly AttributeNode[] => {
  if (node.kind !== 'element') return []
  return node.attributes.map((attribute) => {
    let found = known.get(attribute)
    if (found === undefined) {
      found = { kind: 'attribute', attribute, parent: node }
      known.set(attribute, found)
    }
    return found
  })
}

const onAxis = (axis: string, node: Selected, focus: Focus): readonly Selected[] => {
  switch (axis) {
    case 'child':
      return childrenOf(node)
    case 'attribute':
      return attributesOf(node, focus.attributes)
    case 'self':
      return [node]
    case 'parent':
      return node.parent === undefined ? [] : [node.parent]
    case 'descendant':
      return descendants(node)
    case 'descendant-or-self':
      return [node, ...descendants(node)]
    case 'ancestor':
      return ancestors(node)
    case 'ancestor-or-self':
      return [node, ...ancestors(node)]
    case 'following-sibling':
      return siblings(node, true)
    case 'preceding-sibling':
      return siblings(node, false)
    case 'following':
      return [node, ...ancestors(node)].flatMap((each) =>
        siblings(each, true).flatMap((next) => [next, ...descendants(next)]),
      )
    default:
      return [node, ...ancestors(node)].flatMap((each) =>
        siblings(each, false).flatMap((before) => [before, ...descendants(before)].toReversed()),
      )
  }
}

const nameOf = (node: Selected): string => {
  if (node.kind === 'attribute') return node.attribute.name
  if (node.kind === 'instruction') return node.data
  if (node.kind !== 'element') return ''
  return node.prefix === '' ? node.data : `${node.prefix}:${node.data}`
}

const localName = (node: Selected): string => nameOf(node).replace(/^.*:/, '')

const matches = (step: Step, node: Selected): boolean => {
  switch (step.test) {
    case 'node()':
      return true
    case 'text()':
      return node.kind === 'text' || node.kind === 'cdata'
    case 'comment()':
      return node.kind === 'comment'
  }
  // To the reference an instruction is an element, and `processing-instruction()` any of them.
  const isElement = node.kind === 'element' || node.kind === 'instruction'
  if (step.axis === 'attribute' ? node.kind !== 'attribute' : !isElement) return false
  if (step.test === 'processing-instruction()') return true
  if (step.test === '*') return true
  if (step.test.endsWith(':*')) return nameOf(node).startsWith(step.test.slice(0, -1))
  return nameOf(node) === step.test
}

const textOf = (node: Selected): string => {
  if (node.kind === 'attribute') return node.attribute.value
  return node.kind === 'comment' ? node.data : innerText(node)
}

const isNodes = (value: Result): value is readonly Selected[] => Array.isArray(value)
const toText = (value: Result): string =>
  isNodes(value) ? (value[0] === undefined ? '' : textOf(value[0])) : String(value)
const toNumber = (value: Result): number => {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  const text = toText(value).trim()
  return text === '' ? Number.NaN : Number(text)
}
const toBoolean = (value: Result): boolean => (isNodes(value) ? value.length > 0 : Boolean(value))

/** Document order, an element's attributes after it. One pass over the document. */
const order = (root: XmlNode, nodes: readonly Selected[]): readonly Selected[] => {
  if (nodes.length < 2) return nodes
  const wanted = new Set(nodes)
  const attributes = Map.groupBy(
    nodes.filter((node) => node.kind === 'attribute'),
    ({ parent }) => parent,
  )
  const inOrder: Selected[] = []
  for (const node of [root, ...descendants(root)] as XmlNode[]) {
    if (wanted.has(node)) inOrder.push(node)
    inOrder.push(...(attributes.get(node) ?? []))
  }
  return inOrder
}

const narrowed = (nodes: readonly Selected[], predicates: readonly Expression[], focus: Focus): readonly Selected[] => {
  let kept = nodes
  for (const predicate of predicates) {
    const size = kept.length
    kept = kept.filter((node, i) => {
      const value = evaluate(predicate, { ...focus, node, position: i + 1, size })
      return typeof value === 'number' ? value === i + 1 : toBoolean(value)
    })
  }
  return kept
}

const walk = (steps: readonly Step[], from: readonly Selected[], focus: Focus): readonly Selected[] => {
  let nodes = from
  for (const step of steps) {
    const found = new Set<Selected>()
    for (const node of nodes) {
      const candidates = onAxis(step.axis, node, focus).filter((each) => matches(step, each))
      for (const each of narrowed(candidates, step.predicates, focus)) found.add(each)
    }
    nodes = [...found]
  }
  return order(focus.root, nodes)
}

const compareAny = (operator: string, left: Result, right: Result): boolean => {
  const lefts: readonly Result[] = isNodes(left) ? left.map(textOf) : [left]
  const rights: readonly Result[] = isNodes(right) ? right.map(textOf) : [right]
  return lefts.some((a) => rights.some((b) => compareTwo(operator, a, b)))
}

const compareTwo = (operator: string, a: Result, b: Result): boolean => {
  if (operator === '=' || operator === '!=') {
    const numeric = typeof a === 'number' || typeof b === 'number'
    const logical = typeof a === 'boolean' || typeof b === 'boolean'
    const same = logical
      ? toBoolean(a) === toBoolean(b)
      : numeric
        ? toNumber(a) === toNumber(b)
        : toText(a) === toText(b)
    return same === (operator === '=')
  }
  const [left, right] = [toNumber(a), toNumber(b)]
  return operator === '<'
    ? left < right
    : operator === '<='
      ? left <= right
      : operator === '>'
        ? left > right
        : left >= right
}

const binary = ({ operator, left, right }: Extract<Expression, { type: 'binary' }>, focus: Focus): Result => {
  const a = evaluate(left, focus)
  if (operator === 'or') return toBoolean(a) || toBoolean(evaluate(right, focus))
  if (operator === 'and') return toBoolean(a) && toBoolean(evaluate(right, focus))
  const b = evaluate(right, focus)
  switch (operator) {
    case '|':
      return order(focus.root, [...new Set([...asNodes(a), ...asNodes(b)])])
    case '+':
      return toNumber(a) + toNumber(b)
    case '-':
      return toNumber(a) - toNumber(b)
    case '*':
      return toNumber(a) * toNumber(b)
    case 'div':
      return toNumber(a) / toNumber(b)
    case 'mod':
      return toNumber(a) % toNumber(b)
    default:
      return compareAny(operator, a, b)
  }
}

const asNodes = (value: Result): readonly Selected[] => {
  if (isNodes(value)) return value
  throw new Failure('the XPath selects no nodes')
}

const translate = (text: string, from: string, to: string): string => {
  const [letters, others] = [Array.from(from), Array.from(to)]
  return Array.from(text)
    .map((letter) => (letters.includes(letter) ? (others[letters.indexOf(letter)] ?? '') : letter))
    .join('')
}

const substring = (text: string, start: number, length: number): string =>
  Array.from(text)
    .filter((_, i) => i + 1 >= Math.round(start) && i + 1 < Math.round(start) + Math.round(length))
    .join('')

const before = (text: string, part: string): string => (text.includes(part) ? text.slice(0, text.indexOf(part)) : '')
const after = (text: string, part: string): string =>
  text.includes(part) ? text.slice(text.indexOf(part) + part.length) : ''

const library: Readonly<Record<string, (args: readonly Result[], focus: Focus) => Result>> = {
  last: (_, focus) => focus.size,
  position: (_, focus) => focus.position,
  count: ([nodes]) => asNodes(nodes!).length,
  name: ([nodes], focus) => firstName(nodes, focus, nameOf),
  'local-name': ([nodes], focus) => firstName(nodes, focus, localName),
  string: ([value], { node }) => toText(value ?? [node]),
  concat: (args) => args.map(toText).join(''),
  'starts-with': ([a, b]) => toText(a!).startsWith(toText(b!)),
  'ends-with': ([a, b]) => toText(a!).endsWith(toText(b!)),
  contains: ([a, b]) => toText(a!).includes(toText(b!)),
  'substring-before': ([a, b]) => before(toText(a!), toText(b!)),
  'substring-after': ([a, b]) => after(toText(a!), toText(b!)),
  substring: ([a, b, c]) => substring(toText(a!), toNumber(b!), c === undefined ? Infinity : toNumber(c)),
  'string-length': ([value], { node }) => Array.from(toText(value ?? [node])).length,
  'normalize-space': ([value], { node }) =>
    toText(value ?? [node])
      .trim()
      .replaceAll(/\s+/g, ' '),
  translate: ([a, b, c]) => translate(toText(a!), toText(b!), toText(c!)),
  'lower-case': ([a]) => toText(a!).toLowerCase(),
  boolean: ([a]) => toBoolean(a!),
  not: ([a]) => !toBoolean(a!),
  true: () => true,
  false: () => false,
  number: ([value], { node }) => toNumber(value ?? [node]),
  sum: ([nodes]) => asNodes(nodes!).reduce((total, node) => total + toNumber(textOf(node)), 0),
  floor: ([a]) => Math.floor(toNumber(a!)),
  ceiling: ([a]) => Math.ceil(toNumber(a!)),
  round: ([a]) => Math.round(toNumber(a!)),
}

const firstName = (nodes: Result | undefined, focus: Focus, name: (node: Selected) => string): string => {
  const first = nodes === undefined ? focus.node : asNodes(nodes)[0]
  return first === undefined ? '' : name(first)
}

const evaluate = (expression: Expression, focus: Focus): Result => {
  switch (expression.type) {
    case 'number':
    case 'string':
      return expression.value
    case 'negate':
      return -toNumber(evaluate(expression.operand, focus))
    case 'binary':
      return binary(expression, focus)
    case 'call':
      return library[expression.name]!(
        expression.args.map((arg) => evaluate(arg, focus)),
        focus,
      )
    case 'filter':
      return narrowed(asNodes(evaluate(expression.from, focus)), expression.predicates, focus)
    case 'path': {
      const start =
        expression.from === undefined
          ? [expression.absolute ? focus.root : focus.node]
          : asNodes(evaluate(expression.from, focus))
      return walk(expression.steps, start, focus)
    }
  }
}

/** The nodes an expression selects from a document; none when it gives a number, string or boolean. */
export const select = (root: XmlNode, expression: Expression): readonly Selected[] => {
  const value = evaluate(expression, { node: root, position: 1, size: 1, root, attributes: new Map() })
  return isNodes(value) ? value : []
}
