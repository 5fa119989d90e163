/** Test files: YAML whose every value knows its place, read key by key so that what is not understood is told with it. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, locate } from '../../config/node.ts'
import type { Node, ScalarNode } from '../../config/node.ts'
import { parseYaml } from '../../config/parse.ts'
import { problems as gather } from '../../config/problems.ts'
import type { Problems } from '../../config/problems.ts'
import { source, span } from '../../config/source.ts'
import type { Span } from '../../config/source.ts'
import { didYouMean } from '../../config/suggest.ts'
import { CollectorError } from '../../kit/errors.ts'
import { Double, newMap } from '../../model/index.ts'
import type { Value } from '../../model/index.ts'

export interface TestFile {
  readonly label: string
  readonly path: string
  readonly root: Node
  readonly problems: Problems
}

/** Throws `not_found` when there is no such file; mistakes of YAML are in `problems`. */
export const openTestFile = (name: string, folder: string): TestFile => {
  const path = resolve(folder, name)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CollectorError('not_found', `the test file ${name} cannot be read: ${(error as Error).message}`)
  }
  const problems = gather()
  const of = source(name, text, path)
  const root = parseYaml(of, problems) ?? { kind: 'scalar', span: span(of, 0, 0), value: null, text: '' }
  return { label: name, path, root, problems }
}

/** The members of a map, or none with a problem told; unknown ones are told with the nearest name. */
export const membersOf = <const K extends string>(
  node: Node,
  what: string,
  names: readonly K[],
  problems: Problems,
): Partial<Record<K, Node>> => {
  if (node.kind !== 'map') {
    problems.add({ message: `${what} is a map with ${names.join(', ')}, not ${describe(node)}`, span: node.span })
    return {}
  }
  const members: Partial<Record<K, Node>> = {}
  for (const [key, entry] of node.entries) {
    const name = names.find((one) => one === key)
    if (name !== undefined) members[name] = entry.value
    else
      problems.add({
        message: `${what} has no member '${key}'`,
        span: entry.keySpan,
        suggestion: didYouMean(key, names) ?? `members are ${names.join(', ')}`,
      })
  }
  return members
}

export const itemsOf = (node: Node | undefined, what: string, problems: Problems): readonly Node[] => {
  if (node === undefined) return []
  if (node.kind === 'list') return node.items
  problems.add({ message: `${what} is a list, not ${describe(node)}`, span: node.span })
  return []
}

/** Texts of a list, each with its node. */
export const textsOf = (
  node: Node | undefined,
  what: string,
  problems: Problems,
): readonly (ScalarNode & { value: string })[] =>
  itemsOf(node, what, problems).flatMap((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [item as ScalarNode & { value: string }]
    problems.add({ message: `${what} holds texts, not ${describe(item)}`, span: item.span })
    return []
  })

export const textOf = (node: Node | undefined, what: string, problems: Problems): string | undefined => {
  if (node === undefined) return undefined
  if (node.kind === 'scalar' && typeof node.value === 'string') return node.value
  problems.add({ message: `${what} is a text, not ${describe(node)}`, span: node.span })
  return undefined
}

/** `1.0` stays a double, `1` an int64. */
export const valueOf = (node: Node): Value => {
  if (node.kind === 'list') return node.items.map(valueOf)
  if (node.kind === 'map') {
    const map = newMap()
    for (const [key, entry] of node.entries) map[key] = valueOf(entry.value)
    return map
  }
  const { value, text } = node
  if (typeof value === 'number' && (/[.eE]/.test(text) || !Number.isInteger(value)) && !/^0[xo]/.test(text))
    return Number.isInteger(value) ? new Double(value) : value
  return value
}

const KEYS = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g

/** Where a fact (`attributes["k"]`, `data.agent_id`) is written below a node; the node itself where it is not. */
export const placeOf = (node: Node, fact: string): Span => {
  const keys = [...fact.matchAll(KEYS)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted === undefined ? name! : (JSON.parse(`"${quoted}"`) as string)) : Number(index),
  )
  const { node: found, keySpan, whole } = locate(node, keys)
  return whole && keySpan !== undefined ? keySpan : whole ? found.span : node.span
}
