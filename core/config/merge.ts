/**
 * How several files become one: maps merge, everything else is replaced by what comes later, as in the OpenTelemetry
 * Collector. A list tagged `!append` or `!prepend` joins the earlier list instead.
 */
import type { Entry, ListNode, MapNode, Node } from './node.ts'

const mergeLists = (earlier: ListNode, later: ListNode): ListNode => ({
  ...later,
  merge: 'replace',
  items: later.merge === 'append' ? [...earlier.items, ...later.items] : [...later.items, ...earlier.items],
})

export const merge = (earlier: Node, later: Node): Node => {
  if (earlier.kind === 'list' && later.kind === 'list' && later.merge !== 'replace') return mergeLists(earlier, later)
  if (earlier.kind !== 'map' || later.kind !== 'map') return later
  const entries = new Map<string, Entry>(earlier.entries)
  for (const [key, entry] of later.entries) {
    const before = entries.get(key)
    entries.set(key, before === undefined ? entry : { ...entry, value: merge(before.value, entry.value) })
  }
  return { kind: 'map', span: later.span, entries } satisfies MapNode
}
