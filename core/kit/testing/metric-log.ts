/** A Meter that remembers: what tests ask for by name and labels. */
import type { Labels, Meter } from '../context.ts'

export interface MetricLog {
  readonly meter: Meter
  /** The sum of a counter, the last value of a gauge, the number of a histogram's records. */
  value(name: string, labels?: Labels): number
  readonly names: readonly string[]
}

const keyOf = (name: string, labels: Labels = {}): string =>
  JSON.stringify([name, ...Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])

export const createMetricLog = (): MetricLog => {
  const values = new Map<string, number>()
  const names = new Set<string>()
  const add = (name: string, n: number, labels?: Labels): void => {
    values.set(keyOf(name, labels), (values.get(keyOf(name, labels)) ?? 0) + n)
  }
  return {
    meter: {
      counter: (name) => (names.add(name), { add: (n, labels) => add(name, n, labels) }),
      gauge: (name) => (names.add(name), { set: (n, labels) => void values.set(keyOf(name, labels), n) }),
      histogram: (name) => (names.add(name), { record: (_n, labels) => add(name, 1, labels) }),
    },
    value: (name, labels) => values.get(keyOf(name, labels)) ?? 0,
    get names() {
      return [...names]
    },
  }
}
