/** The tree of an XML document. Attributes are kept as written: `prefix:name` and value. */
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

const writeElement = (node: XmlNode): string => {
  const name = node.prefix === '' ? node.data : `${node.prefix}:${node.data}`
  return `<${name}${writeAttributes(node.attributes)}>${writeChildren(node)}</${name}>`
}

export const writeChildren = (node: XmlNode): string => node.children.map(write).join('')

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
