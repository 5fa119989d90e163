/** The tree of an XML document. Attributes are kept as written: `prefix:name` and value. */
import { Failure } from '../values.ts'

export interface Attribute {
  readonly name: string
  readonly value: string
}

export type NodeKind =
  | 'document'
  | 'declaration'
  | 'element'
  | 'text'
  | 'cdata'
  | 'comment'
  | 'instruction'
  | 'directive'

export interface XmlNode {
  kind: NodeKind
  /** Local name of an element, target of an instruction, else the text. */
  data: string
  prefix: string
  attributes: Attribute[]
  children: XmlNode[]
  parent: XmlNode | undefined
}

export const createNode = (
  kind: NodeKind,
  data: string,
  attributes: readonly Attribute[] = [],
  prefix = '',
): XmlNode => ({
  kind,
  data,
  prefix,
  attributes: [...attributes],
  children: [],
  parent: undefined,
})

export const append = (parent: XmlNode, child: XmlNode): void => {
  child.parent = parent
  parent.children.push(child)
}

export const cloneNode = (node: XmlNode): XmlNode => {
  const copy = createNode(node.kind, node.data, node.attributes, node.prefix)
  for (const child of node.children) append(copy, cloneNode(child))
  return copy
}

export const innerText = (node: XmlNode): string => {
  if (node.kind === 'text' || node.kind === 'cdata') return node.data
  return node.kind === 'comment' ? '' : node.children.map(innerText).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
}
const escape = (text: string): string => text.replaceAll(/[&<>'"]/g, (character) => entities[character]!)

const writeAttributes = (attributes: readonly Attribute[]): string =>
  attributes.map(({ name, value }) => ` ${name}="${escape(value)}"`).join('')

const tagName = (node: XmlNode): string => (node.prefix === '' ? node.data : `${node.prefix}:${node.data}`)
const openTag = (node: XmlNode): string => `<${tagName(node)}${writeAttributes(node.attributes)}>`
const writeElement = (node: XmlNode): string => `${openTag(node)}${writeChildren(node)}</${tagName(node)}>`

export const writeChildren = (node: XmlNode): string => node.children.map(write).join('')

/** Text longer than this is a Failure: nodes inside each other may be written many times over. */
const SELECTED_CHARACTERS_MAX = 4_194_304

/**
 * Selected nodes one after the other, as the reference writes them: it moves each behind the one before, so that of an
 * element around another selected one, what follows that one is what was selected after it.
 */
export const writeSelected = (nodes: readonly XmlNode[]): string => {
  const places = new Map(nodes.map((node, i) => [node, i]))
  let left = SELECTED_CHARACTERS_MAX
  const charge = (text: string): string => {
    left -= text.length
    if (left < 0) throw new Failure(`what the XPath selects is longer than ${SELECTED_CHARACTERS_MAX} characters`)
    return text
  }
  const one = (node: XmlNode): string =>
    node.kind === 'element' ? charge(openTag(node)) + inside(node) + charge(`</${tagName(node)}>`) : charge(write(node))
  const from = (place: number): string => nodes.slice(place).map(one).join('')
  const inside = ({ children }: XmlNode): string => {
    const moved = children.findIndex((child) => places.has(child))
    if (moved < 0) return children.map(one).join('')
    return children.slice(0, moved).map(one).join('') + from(places.get(children[moved]!)!)
  }
  return from(0)
}

const write = (node: XmlNode): string => {
  switch (node.kind) {
    case 'text':
      return escape(node.data)
    case 'cdata':
      return `<![CDATA[${node.data}]]>`
    case 'comment':
      return `<!--${node.data}-->`
    case 'directive':
      return `<!${node.data}>`
    case 'declaration':
      return `<?xml${writeAttributes(node.attributes)}?>`
    case 'instruction': {
      const inside = node.attributes[0]?.value ?? ''
      return `<?${node.data}${inside === '' ? '' : ` ${inside}`}?>`
    }
    case 'document':
      return writeChildren(node)
    case 'element':
      return writeElement(node)
  }
}
