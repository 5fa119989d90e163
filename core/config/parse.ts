/**
 * YAML 1.2 to the positioned tree. Errors of YAML are said in words a person understands, with what to do; an error that
 * is only the echo of an earlier one is left out. Duplicate keys are errors. Anchors, aliases and `<<` work; `!append`
 * and `!prepend` on a list say how it merges with an earlier one. Bounds: NODES_MOST nodes after aliases are resolved.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node as YamlNode,
  parseDocument,
  type Pair,
  type Scalar as YamlScalar,
  type YAMLMap,
} from 'yaml'
import type { Problems } from './problems.ts'
import { type Source, span, type Span } from './source.ts'
import { tellYamlErrors } from './yaml-errors.ts'
import { type Entry, type ListNode, type Node, type Scalar, type ScalarNode } from './node.ts'

const NODES_MOST = 200_000

interface Walk {
  readonly source: Source
  readonly document: Document.Parsed
  readonly problems: Problems
  /** Aliases being resolved: one that leads into itself has no end. */
  readonly open: Set<YamlNode>
  /** Resolving walks the document, so each alias is resolved once. */
  readonly resolved: Map<Alias, YamlNode | undefined>
  count: number
}

const spanOf = (walk: Walk, node: { readonly range?: readonly [number, number, number] | null | undefined }): Span =>
  span(walk.source, node.range?.[0] ?? 0, node.range?.[1] ?? 0)

const scalarOf = (walk: Walk, node: YamlScalar): ScalarNode => {
  const raw: unknown = node.value
  const value: Scalar =
    typeof raw === 'bigint' && Number.isSafeInteger(Number(raw))
      ? Number(raw)
      : raw === null ||
          typeof raw === 'string' ||
          typeof raw === 'number' ||
          typeof raw === 'boolean' ||
          typeof raw === 'bigint'
        ? raw
        : JSON.stringify(raw)
  return { kind: 'scalar', span: spanOf(walk, node), value, text: node.source ?? (value === null ? '' : String(value)) }
}

const mergeTags: Readonly<Record<string, ListNode['merge']>> = {
  '!append': 'append',
  '!prepend': 'prepend',
  '!replace': 'replace',
}

/** True when the node may be read as it is. */
const checkTag = (walk: Walk, node: YamlNode): boolean => {
  const { tag } = node as { readonly tag?: string }
  if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return true
  if (tag in mergeTags && isSeq(node)) return true
  const start = walk.source.text.lastIndexOf(tag, node.range?.[0] ?? 0)
  const where = start === -1 ? spanOf(walk, node) : span(walk.source, start, start + tag.length)
  const message = tag in mergeTags ? `the tag ${tag} belongs before a list` : `the tag ${tag} is not known`
  const suggestion =
    tag in mergeTags
      ? undefined
      : 'the tags for lists that merge are !append and !prepend; put text that begins with ! in quotes'
  walk.problems.add({ message, span: where, suggestion })
  return false
}

const keyOf = (walk: Walk, pair: Pair): { readonly key: string; readonly keySpan: Span } | undefined => {
  const { key } = pair
  if (isScalar(key) && key.value !== null)
    return { key: key.source ?? JSON.stringify(key.value), keySpan: spanOf(walk, key) }
  const where = key === null ? undefined : spanOf(walk, key as YamlNode)
  if (isMap(key) && walk.source.text.slice(where?.start, where?.end).startsWith('{')) {
    walk.problems.add({ message: 'a text that begins with { must stand in quotes', span: where })
  } else walk.problems.add({ message: 'a key must be plain text', span: where })
  return undefined
}

/** `<<: *base` or `<<: [*a, *b]`: what is there already wins. */
const mergeKey = (walk: Walk, value: unknown, into: Map<string, Entry>, where: Span): void => {
  const node = convert(walk, value as YamlNode | null, where)
  const maps = node.kind === 'list' ? node.items : [node]
  for (const map of maps) {
    if (map.kind !== 'map') {
      walk.problems.add({ message: '<< merges maps only', span: where })
      continue
    }
    for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry)
  }
}

const mapOf = (walk: Walk, map: YAMLMap): Node => {
  const entries = new Map<string, Entry>()
  const merged: (readonly [unknown, Span])[] = []
  for (const pair of map.items) {
    const found = keyOf(walk, pair as Pair)
    if (found === undefined) continue
    const { key, keySpan } = found
    if (key === '<<') {
      merged.push([pair.value, keySpan])
      continue
    }
    const earlier = entries.get(key)
    if (earlier !== undefined) {
      const line = walk.source.text.slice(0, earlier.keySpan.start).split('\n').length
      walk.problems.add({
        message: `the key '${key}' stands twice in the same map; the first is on line ${line}`,
        span: keySpan,
        suggestion: 'join the two, or give one another name',
      })
      continue
    }
    entries.set(key, {
      key,
      keySpan,
      value: convert(walk, pair.value as YamlNode | null, span(walk.source, keySpan.end, keySpan.end)),
    })
  }
  for (const [value, where] of merged) mergeKey(walk, value, entries, where)
  return { kind: 'map', span: spanOf(walk, map), entries }
}

const aliasOf = (walk: Walk, alias: Alias): Node => {
  const where = spanOf(walk, alias)
  const empty: ScalarNode = { kind: 'scalar', span: where, value: null, text: '', broken: true }
  if (!walk.resolved.has(alias)) walk.resolved.set(alias, alias.resolve(walk.document))
  const target = walk.resolved.get(alias)
  if (target === undefined) {
    walk.problems.add({
      message: `the alias *${alias.source} has no anchor &${alias.source} above it`,
      span: where,
      suggestion: `a text that begins with * must stand in quotes: '*${alias.source}'`,
    })
    return empty
  }
  if (walk.open.has(target)) {
    walk.problems.add({ message: `the alias *${alias.source} contains itself`, span: where })
    return empty
  }
  walk.open.add(target)
  const node = convert(walk, target, where)
  walk.open.delete(target)
  return node
}

const convert = (walk: Walk, node: YamlNode | null, missing: Span): Node => {
  if (node === null || ++walk.count > NODES_MOST) {
    if (walk.count === NODES_MOST + 1)
      walk.problems.add({ message: `more than ${NODES_MOST} values; aliases that multiply?`, span: missing })
    return { kind: 'scalar', span: missing, value: null, text: '' }
  }
  const good = checkTag(walk, node)
  if (isAlias(node)) return aliasOf(walk, node)
  if (isMap(node)) return mapOf(walk, node)
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(walk, item as YamlNode | null, spanOf(walk, node)))
    return { kind: 'list', span: spanOf(walk, node), items, merge: mergeTags[node.tag ?? ''] ?? 'replace' }
  }
  const scalar = scalarOf(walk, node as YamlScalar)
  return good ? scalar : { ...scalar, broken: true }
}

/** undefined when the text is not YAML (told to `problems`); an empty text is an empty scalar. */
export const parseYaml = (of: Source, problems: Problems): Node | undefined => {
  const document = parseDocument(of.text, {
    lineCounter: new LineCounter(),
    uniqueKeys: false,
    prettyErrors: false,
    intAsBigInt: true,
    logLevel: 'error',
  })
  if (document.errors.length > 0) {
    tellYamlErrors(document, of, problems)
    return undefined
  }
  const walk: Walk = { source: of, document, problems, open: new Set(), resolved: new Map(), count: 0 }
  return convert(walk, document.contents as YamlNode | null, span(of, 0, 0))
}

/** Offset in the source of character `offset` of a text value; undefined when the value was not written there as it is. */
export const sourceOffset = (node: ScalarNode, offset: number): number | undefined => {
  if (typeof node.value !== 'string' || node.from !== undefined) return undefined
  const { source: of, start, end } = node.span
  let at = start
  if (of.text[at] === '|' || of.text[at] === '>') at = of.text.indexOf('\n', at) + 1
  else if (of.text[at] === '"' || of.text[at] === "'") at++
  const double = of.text[start] === '"'
  const single = of.text[start] === "'"
  for (let index = 0; at < end; index++) {
    const wanted = node.value[index]
    if (wanted === undefined) return index === offset ? at : undefined
    if (/\s/.test(wanted) && of.text[at] !== wanted) {
      if (index === offset) return at
      continue
    }
    while (at < end && of.text[at] !== wanted && /\s/.test(of.text[at] ?? '')) at++
    if (index === offset) return at
    if (double && of.text[at] === '\\') at++
    else if (single && of.text[at] === "'") at++
    at++
  }
  return offset === node.value.length ? end : undefined
}
