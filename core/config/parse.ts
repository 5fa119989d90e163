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
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import type { Problems } from './problems.ts'
import { type Source, span, type Span } from './source.ts'
import { type Entry, type ListNode, type Node, type Scalar, type ScalarNode } from './node.ts'

const NODES_MOST = 200_000

interface Walk {
  readonly source: Source
  readonly document: Document.Parsed
  readonly problems: Problems
  /** Aliases being resolved: one that leads into itself has no end. */
  readonly open: Set<YamlNode>
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
        : String(raw)
  return { kind: 'scalar', span: spanOf(walk, node), value, text: node.source ?? (value === null ? '' : String(value)) }
}

const mergeTags: Readonly<Record<string, ListNode['merge']>> = {
  '!append': 'append',
  '!prepend': 'prepend',
  '!replace': 'replace',
}

const checkTag = (walk: Walk, node: YamlNode): void => {
  const { tag } = node as { readonly tag?: string }
  if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return
  if (tag in mergeTags && isSeq(node)) return
  const start = walk.source.text.lastIndexOf(tag, node.range?.[0] ?? 0)
  const where = start === -1 ? spanOf(walk, node) : span(walk.source, start, start + tag.length)
  const message = tag in mergeTags ? `the tag ${tag} belongs before a list` : `the tag ${tag} is not known`
  const suggestion =
    tag in mergeTags
      ? undefined
      : 'the tags for lists that merge are !append and !prepend; put text that begins with ! in quotes'
  walk.problems.add({ message, span: where, suggestion })
}

const keyOf = (walk: Walk, pair: Pair): { readonly key: string; readonly keySpan: Span } | undefined => {
  const { key } = pair
  if (isScalar(key) && key.value !== null) return { key: key.source ?? String(key.value), keySpan: spanOf(walk, key) }
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
  const empty: ScalarNode = { kind: 'scalar', span: where, value: null, text: '' }
  const target = alias.resolve(walk.document)
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
  checkTag(walk, node)
  if (isAlias(node)) return aliasOf(walk, node)
  if (isMap(node)) return mapOf(walk, node)
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(walk, item as YamlNode | null, spanOf(walk, node)))
    return { kind: 'list', span: spanOf(walk, node), items, merge: mergeTags[node.tag ?? ''] ?? 'replace' }
  }
  return scalarOf(walk, node as YamlScalar)
}

const rest = (text: string, at: number): string =>
  text.slice(at, text.indexOf('\n', at) === -1 ? undefined : text.indexOf('\n', at))

/** A YAML error in words: message, suggestion, and a better place when the parser noticed too late. */
const explain = (
  error: YAMLError,
  { text }: Source,
  document: Document.Parsed,
): { message: string; suggestion?: string; at?: number } => {
  const [start] = error.pos
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent YAML', suggestion: 'indent with spaces' }
    case 'BAD_INDENT': {
      if (/^Flow/.test(error.message)) {
        const map = /map/.test(error.message)
        return {
          message: `a ${map ? '{ … }' : '[ … ]'} is not closed before this line`,
          suggestion: `close it with ${map ? '}' : ']'}`,
        }
      }
      return {
        message: 'this line is indented unlike its neighbours',
        suggestion: 'keys of one map begin in the same column',
      }
    }
    case 'MULTILINE_IMPLICIT_KEY': {
      const key = rest(text, start).trim()
      const glued = /^([\w./-]+):(\S+)$/.exec(key)
      return glued === null
        ? { message: `'${key}' is followed by deeper lines but has no colon`, suggestion: `write '${key}:'` }
        : {
            message: `'${key}' is not a key with a value`,
            suggestion: `put a space after the colon: '${glued[1]}: ${glued[2]}'`,
          }
    }
    case 'BLOCK_AS_IMPLICIT_KEY': {
      const value = rest(text, start).trim()
      return { message: 'a second colon on one line', suggestion: `put text with a colon in quotes: '${value}'` }
    }
    case 'BAD_SCALAR_START':
      return {
        message: `a text cannot begin with ${text[start]}`,
        suggestion: `put it in quotes: '${rest(text, start).trim()}'`,
      }
    case 'BAD_DQ_ESCAPE':
      return {
        message: `${error.message.replace('Invalid escape sequence', 'there is no escape')} in "double quotes"`,
        suggestion: "put it in 'single quotes', where \\ is an ordinary character",
      }
    case 'BAD_ALIAS':
      return {
        message: 'a text cannot begin with *',
        suggestion: `put it in quotes: '${/^[^\s,\]}]+/.exec(text.slice(start))?.[0] ?? '*'}'`,
      }
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second YAML document begins here',
        suggestion: 'remove ---, or put it in a file of its own and give it with another --config',
      }
    case 'MISSING_CHAR': {
      if (text.slice(start - 1, start + 1) === '${' || text.slice(start, start + 2) === '${' || text[start] === '{') {
        return {
          message: 'inside [ … ] and { … } a variable must stand in quotes',
          suggestion: "write ['${env:X}'], or one item a line: - ${env:X}",
        }
      }
      const quote = /closing (["'])quote/.exec(error.message)?.[1]
      if (quote === undefined) return { message: error.message.toLowerCase() }
      let opening: number | undefined
      visit(document, {
        Scalar: (_key, node) => {
          if (node.range && node.range[0] <= start && text[node.range[0]] === quote) opening = node.range[0]
        },
      })
      return {
        message: `the quote ${quote} is not closed`,
        suggestion: `end the text with ${quote}`,
        ...(opening === undefined ? {} : { at: opening }),
      }
    }
    default:
      return { message: `this is not YAML: ${error.message}` }
  }
}

/** Errors that stand for themselves; of the others only the first is told, the rest are its echo. */
const independent: ReadonlySet<string> = new Set([
  'TAB_AS_INDENT',
  'BAD_SCALAR_START',
  'BAD_DQ_ESCAPE',
  'MULTIPLE_DOCS',
])

const tellErrors = (document: Document.Parsed, of: Source, problems: Problems): void => {
  const lines = new Set<number>()
  let echo = false
  for (const error of document.errors) {
    const line = of.text.slice(0, error.pos[0]).split('\n').length
    if (lines.has(line) || (echo && !independent.has(error.code))) continue
    lines.add(line)
    if (!independent.has(error.code)) echo = true
    const { message, suggestion, at } = explain(error, of, document)
    problems.add({ message, suggestion, span: span(of, at ?? error.pos[0], at === undefined ? error.pos[1] : at + 1) })
  }
}

/** undefined when the text is not YAML (told to `problems`); an empty text is an empty scalar. */
export const parseYaml = (of: Source, problems: Problems): Node | undefined => {
  const document = parseDocument(of.text, {
    lineCounter: new LineCounter(),
    uniqueKeys: false,
    prettyErrors: false,
    intAsBigInt: true,
    logLevel: 'silent',
  })
  if (document.errors.length > 0) {
    tellErrors(document, of, problems)
    return undefined
  }
  const walk: Walk = { source: of, document, problems, open: new Set(), count: 0 }
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
  return undefined
}
