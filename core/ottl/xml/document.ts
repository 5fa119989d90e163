/**
 * A whole document as a tree. What stands before the first element and any declaration is left out, and so is an
 * instruction there unless the text starts with `<?xml`.
 */
import { Failure } from '../values.ts'
import { createNamespaces } from './namespaces.ts'
import { append, createNode } from './node.ts'
import type { Attribute, XmlNode } from './node.ts'
import { readXml } from './read.ts'

const declarationAttributes = (text: string): Attribute[] =>
  [...text.matchAll(/([\w:.-]+)=["']?([^"'\s]*)["']?/g)].map((found) => ({ name: found[1]!, value: found[2]! }))

export const parseDocument = (text: string): XmlNode => {
  const document = createNode('document', '')
  const namespaces = createNamespaces()
  let at = document
  let started = false
  let hasElement = false
  for (const token of readXml(text)) {
    switch (token.type) {
      case 'open': {
        namespaces.open(token.prefix, token.attributes)
        const node = createNode('element', token.name, token.attributes, token.prefix)
        append(at, node)
        started = true
        hasElement = true
        if (token.empty) namespaces.close()
        else at = node
        break
      }
      case 'close':
        namespaces.close()
        at = at.parent!
        break
      case 'instruction':
        if (token.target === 'xml') append(at, createNode('declaration', 'xml', declarationAttributes(token.text)))
        else append(at, createNode('instruction', token.target, [{ name: '', value: token.text.trim() }]))
        started = true
        break
      default:
        if (started) append(at, createNode(token.type, token.text))
    }
  }
  if (!hasElement) throw new Failure('not XML: there is no element')
  const [first] = document.children
  if (first?.kind !== 'element' && !text.startsWith('<?xml')) document.children.shift()
  return document
}
