/** Several policies in an order; the first that wants the trace decides, as long as its share of the limit lasts. */
import { createBucket } from './bucket.ts'
import type { PolicyOptions, Test } from './policies.ts'

export const createComposite = (
  options: NonNullable<PolicyOptions['composite']>,
  policies: readonly { readonly name: string; readonly test: Test }[],
): Test => {
  const { max_total_spans_per_second: limit, policy_order: order, rate_allocation: shares } = options
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)
  const inOrder = policies
    .map(({ name, test }) => {
      const percent = shares.find(({ policy }) => policy === name)?.percent ?? 100
      const rate = (limit * percent) / 100
      return { name, test, bucket: createBucket(rate, rate) }
    })
    .toSorted((a, b) => rank(a.name) - rank(b.name))
  const total = createBucket(limit, limit)
  return (trace, now) => {
    const wants = inOrder.find(({ test, bucket }) => test(trace, now) && bucket.take(trace.spans, now))
    return wants !== undefined && total.take(trace.spans, now)
  }
}
