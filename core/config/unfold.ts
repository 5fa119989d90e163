/**
 * Keys with `::` as the OpenTelemetry Collector has them: `exporters::debug::verbosity: basic` is that path. Taken at the
 * top and among components; a `::` inside a component's own options, such as the name of an attribute, is just text.
 */
import { merge } from './merge.ts'
import type { Entry, MapNode } from './node.ts'

const SEPARATOR = '::'
/** The top, and what is in a section. */
const DEPTH = 2

const nested = ({ key, keySpan, value }: Entry): Entry => {
  const [first = key, ...rest] = key.split(SEPARATOR)
  const inner = rest.reduceRight<Entry['value']>(
    (node, part) => ({ kind: 'map', span: keySpan, entries: new Map([[part, { key: part, keySpan, value: node }]]) }),
    value,
  )
  return { key: first, keySpan, value: inner }
}

export const unfold = (map: MapNode, depth = DEPTH): MapNode => {
  if (depth === 0) return map
  const entries = new Map<string, Entry>()
  for (const entry of map.entries.values()) {
    const { key, keySpan, value } = entry.key.includes(SEPARATOR) ? nested(entry) : entry
    const below = value.kind === 'map' ? unfold(value, depth - 1) : value
    const before = entries.get(key)
    entries.set(key, {
      key,
      keySpan: before?.keySpan ?? keySpan,
      value: before === undefined ? below : merge(before.value, below),
    })
  }
  return { ...map, entries }
}
