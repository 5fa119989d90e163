/** Converters over XML text. */
import type { Value } from '../../model/index.ts'
import type { Get, Typed } from '../expression.ts'
import { goTrim } from '../go/text.ts'
import { Failure, newMap } from '../values.ts'
import { parseDocument } from '../xml/document.ts'
import { append, cloneNode, createNode, writeChildren, writeSelected } from '../xml/node.ts'
import type { Attribute, XmlNode } from '../xml/node.ts'
import { readXml } from '../xml/read.ts'
import { select } from '../xml/select.ts'
import type { AttributeNode, Selected } from '../xml/select.ts'
import { parseXPath } from '../xml/xpath.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

interface Element {
  readonly tag: string
  content: string
  readonly attributes: Record<string, Value>
  readonly children: Element[]
}

const localOf = (name: string): string => (/^[^:]+:[^:]+$/.test(name) ? name.replace(/^.*:/, '') : name)

const elementToMap = ({ tag, content, attributes, children }: Element): Value => {
  const map = newMap()
  map['tag'] = tag
  if (content !== '') map['content'] = content
  if (Object.keys(attributes).length > 0) map['attributes'] = attributes
  if (children.length > 0) map['children'] = children.map(elementToMap)
  return map
}

/** The first element as a map; nothing may follow it. */
const parseXml = (text: string): Value => {
  const open: Element[] = []
  let root: Element | undefined
  for (const token of readXml(text)) {
    if (root !== undefined && open.length === 0) throw new Failure('something follows the element')
    if (token.type === 'open') {
      const attributes = newMap()
      for (const { name, value } of token.attributes) attributes[localOf(name)] = value
      const element: Element = { tag: token.name, content: '', attributes, children: [] }
      open.at(-1)?.children.push(element)
      root ??= element
      if (!token.empty) open.push(element)
    } else if (token.type === 'close') open.pop()
    else if (token.type === 'text' || token.type === 'cdata') {
      const inside = open.at(-1)
      if (inside !== undefined) inside.content += goTrim(token.text)
    }
  }
  if (root === undefined) throw new Failure('not XML: there is no element')
  return elementToMap(root)
}

/** Text of an element without elements: its first text. */
const leafText = (node: XmlNode): string => {
  if (node.children.some((child) => child.kind === 'element')) return ''
  return node.children.find((child) => child.kind === 'text' || child.kind === 'cdata')?.data ?? ''
}

const simplified = (parent: XmlNode): Record<string, Value> => {
  const counts = new Map<string, number>()
  const elements = parent.children.filter((child) => child.kind === 'element')
  for (const { data } of elements) counts.set(data, (counts.get(data) ?? 0) + 1)
  const map = newMap()
  for (const child of elements) {
    if (child.children.length === 0) continue
    const text = leafText(child)
    const inner = text === '' ? simplified(child) : newMap()
    const value: Value | undefined = text !== '' ? text : Object.keys(inner).length > 0 ? inner : undefined
    if (counts.get(child.data)! > 1) {
      const list = (map[child.data] ??= []) as Value[]
      if (value !== undefined) list.push(value)
    } else if (value !== undefined) map[child.data] = value
  }
  return map
}

const getXml = (nodes: readonly Selected[]): string =>
  writeSelected(
    nodes.flatMap((node) => {
      if (node.kind === 'attribute') return [createNode('text', node.attribute.value)]
      if (node.kind === 'cdata') return [createNode('text', node.data)]
      return node.kind === 'element' || node.kind === 'text' ? [node] : []
    }),
  )

/** The attribute that goes for one: the reference looks for its local name, and lets those with a prefix be. */
const attributeToRemove = ({ attribute, parent }: AttributeNode): Attribute | undefined => {
  const local = localOf(attribute.name)
  return parent.attributes.find(({ name }) => name === local)
}

/** Removes nodes; every parent is gone through once. */
const removeNodes = (nodes: readonly Selected[]): void => {
  const gone = new Set<unknown>()
  const parents = new Set<XmlNode>()
  for (const node of nodes) {
    if (node.kind === 'text') node.data = ''
    else if (node.parent !== undefined && removable.has(node.kind)) {
      gone.add(node.kind === 'attribute' ? attributeToRemove(node) : node)
      parents.add(node.parent)
    }
  }
  for (const parent of parents) {
    parent.children = parent.children.filter((child) => !gone.has(child))
    parent.attributes = parent.attributes.filter((attribute) => !gone.has(attribute))
  }
}

const removable: ReadonlySet<Selected['kind']> = new Set(['attribute', 'element', 'comment', 'cdata'])

const insertInto = (nodes: readonly Selected[], inserted: XmlNode): void => {
  for (const node of nodes) {
    if (node.kind !== 'element' && node.kind !== 'document')
      throw new Failure('the XPath of InsertXML selects something that is no element')
    for (const child of inserted.children) append(node, cloneNode(child))
  }
}

const attributesToElements = (nodes: readonly Selected[]): void => {
  for (const node of nodes) {
    if (node.kind !== 'attribute') continue
    const element = createNode('element', localOf(node.attribute.name))
    append(element, createNode('text', node.attribute.value))
    append(node.parent, element)
  }
  removeNodes(nodes.filter((node) => node.kind === 'attribute'))
}

/** Wraps texts that stand beside other texts or elements. */
const wrapTexts = (node: XmlNode, name: string): void => {
  for (const child of node.children) if (child.kind === 'element') wrapTexts(child, name)
  const texts = node.children.filter((child) => child.kind === 'text')
  const elements = node.children.filter((child) => child.kind === 'element')
  if (texts.length === 0 || texts.length + elements.length <= 1) return
  for (const text of texts) {
    const inner = createNode('text', text.data)
    text.kind = 'element'
    text.data = name
    append(text, inner)
  }
}

const changed =
  (target: Typed<string>, change: (document: XmlNode) => void, empty?: string): Get =>
  (run) => {
    const text = target.get(run)
    if (text === '' && empty !== undefined) return empty
    const document = parseDocument(text)
    change(document)
    return writeChildren(document)
  }

export const xml: readonly FunctionSpec[] = [
  ofString('ParseXML', 'Target', parseXml),
  ofString('ParseSimplifiedXML', 'Target', (text) => simplified(parseDocument(text))),
  define('GetXML', { Target: 'string', XPath: 'literalString' }, ({ Target, XPath }) => {
    const path = parseXPath(XPath)
    return (run) => {
      const text = Target.get(run)
      return text === '' ? '' : getXml(select(parseDocument(text), path))
    }
  }),
  define('RemoveXML', { Target: 'string', XPath: 'literalString' }, ({ Target, XPath }) => {
    const path = parseXPath(XPath)
    return changed(Target, (document) => removeNodes(select(document, path)), '')
  }),
  define(
    'InsertXML',
    { Target: 'string', XPath: 'literalString', SubDocument: 'string' },
    ({ Target, XPath, SubDocument }) => {
      const path = parseXPath(XPath)
      return (run) => {
        const text = Target.get(run)
        const document = text === '' ? createNode('document', '') : parseDocument(text)
        insertInto(select(document, path), parseDocument(SubDocument.get(run)))
        return writeChildren(document)
      }
    },
  ),
  define('ConvertAttributesToElementsXML', { Target: 'string', XPath: 'literalString?' }, ({ Target, XPath }) => {
    const path = parseXPath(XPath || '//@*')
    return changed(Target, (document) => attributesToElements(select(document, path)))
  }),
  define(
    'ConvertTextToElementsXML',
    { Target: 'string', XPath: 'literalString?', ElementName: 'literalString?' },
    ({ Target, XPath, ElementName }) => {
      const path = parseXPath(XPath || '/')
      const name = ElementName || 'value'
      return changed(Target, (document) => {
        for (const node of select(document, path))
          if (node.kind === 'element' || node.kind === 'document') wrapTexts(node, name)
      })
    },
  ),
]
