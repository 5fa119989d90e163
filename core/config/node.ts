/**
 * The configuration as a tree that knows where each value stands, from YAML to the typed result. Scalars keep the text
 * they were written as, so that a text option may say `1.10` by way of `${env:X}` and stay `1.10`.
 */
import type { Span } from './source.ts'

export type Scalar = null | boolean | number | bigint | string

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly span: Span
  readonly value: Scalar
  /** The text before YAML gave it a type. */
  readonly text: string
  /** What was written in the file when the value came by substitution: `${env:PORT}`. */
  readonly from?: string
  /** Came from `${secret:…}`: never shown. */
  readonly secret?: boolean
  /** Its mistake was told already; whatever follows from it is an echo. */
  readonly broken?: boolean
}
export interface ListNode {
  readonly kind: 'list'
  readonly span: Span
  readonly items: readonly Node[]
  /** What merging does with an earlier list at the same place: `!append`, `!prepend`. */
  readonly merge: 'replace' | 'append' | 'prepend'
  readonly written?: ScalarNode
}
export interface Entry {
  readonly key: string
  readonly keySpan: Span
  readonly value: Node
}
export interface MapNode {
  readonly kind: 'map'
  readonly span: Span
  readonly entries: ReadonlyMap<string, Entry>
  /** As text, when all of it came from one `${…}`: for an option that wants text. */
  readonly written?: ScalarNode
}
export type Node = ScalarNode | ListNode | MapNode

export const emptyMap = (span: Span): MapNode => ({ kind: 'map', span, entries: new Map() })

/** `key:` with nothing after it. */
export const isEmpty = (node: Node): boolean => node.kind === 'scalar' && node.value === null

export const describe = (node: Node): string => {
  if (node.kind === 'map') return 'a map'
  if (node.kind === 'list') return 'a list'
  const { value, from } = node
  const origin = from === undefined ? '' : ` (from ${from})`
  if (node.secret) return `a secret${origin}`
  if (value === null) return `nothing${origin}`
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}…` : value}'${origin}`
  if (typeof value === 'boolean') return `${value}${origin}`
  return `the number ${node.text}${origin}`
}

/** Values only, for printing and for schemas; bigints beyond 2^53 stay bigints. Maps have no prototype. */
export const plainOf = (node: Node): unknown => {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  const map = Object.create(null) as Record<string, unknown>
  for (const [key, entry] of node.entries) map[key] = plainOf(entry.value)
  return map
}

export const child = (node: Node | undefined, key: string | number): Node | undefined => {
  if (node?.kind === 'map') return node.entries.get(String(key))?.value
  if (node?.kind === 'list') return typeof key === 'number' ? node.items[key] : undefined
  return undefined
}

/** The node at a path, or the nearest one above it that exists; `key` is its own key's place when it has one. */
export const locate = (
  root: Node,
  path: readonly (string | number)[],
): { node: Node; keySpan: Span | undefined; whole: boolean } => {
  let node = root
  let keySpan: Span | undefined
  for (const key of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(key)) : undefined
    const next = entry?.value ?? child(node, key)
    if (next === undefined) return { node, keySpan, whole: false }
    node = next
    keySpan = entry?.keySpan
  }
  return { node, keySpan, whole: true }
}

/** Something in it was told to be wrong while it was read. */
export const isBroken = (node: Node): boolean => {
  if (node.kind === 'scalar') return node.broken === true
  if (node.kind === 'list') return node.items.some(isBroken)
  return [...node.entries.values()].some(({ value }) => isBroken(value))
}
