/** Who sent metrics: one `target_info` a resource, as long as it sends. Bounded as the series are. */
import type { Resource } from 'seneca-collector'
import { targetInfoOf } from 'seneca-collector/prometheus'
import type { Labels } from 'seneca-collector/prometheus'

export interface Targets {
  saw(resource: Resource, now: number): void
  all(now: number): Iterable<Labels>
}

export const createTargets = (
  constant: Readonly<Record<string, string>>,
  expirationMs: number,
  most: number,
): Targets => {
  // One for each job and instance: two series that differ in nothing else would make joins fail.
  const known = new Map<string, { readonly labels: Labels; readonly updated: number }>()
  const keyOf = (labels: Labels): string =>
    labels.flatMap(([name, value]) => (name === 'job' || name === 'instance' ? [name, value] : [])).join('\u0000')
  return {
    saw(resource, now) {
      const labels = targetInfoOf(resource, constant)
      if (labels === undefined) return
      const key = keyOf(labels)
      if (known.size < most || known.has(key)) known.set(key, { labels, updated: now })
    },
    *all(now) {
      for (const [key, { labels, updated }] of known) {
        if (expirationMs > 0 && now - updated > expirationMs) known.delete(key)
        else yield labels
      }
    },
  }
}
