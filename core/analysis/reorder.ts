/**
 * Puts events back into the order of their own time. Events wait until the watermark (the latest time seen less the
 * allowed lateness) has passed them; what comes later than that is handed on at once, marked late, and counted. An id
 * seen before, within the memory, is dropped: order is judged once per event.
 *
 * Bounds: `MOST_WAITING` events wait (beyond it the oldest leave early), `MOST_IDS` ids are remembered.
 */
export interface Timed {
  /** Milliseconds since the epoch, at the source. */
  readonly time: number
  readonly id: string
}

export interface Reorder<E extends Timed> {
  /** Takes one event and gives back, in order, those the watermark has passed. */
  push(event: E): readonly E[]
  /** Everything that still waits, in order. */
  flush(): readonly E[]
  readonly watermark: number
  readonly late: number
  readonly duplicates: number
  snapshot(): ReorderState<E>
}

export interface ReorderState<E> {
  readonly latest: number
  readonly waiting: readonly E[]
}

const MOST_WAITING = 50_000
const MOST_IDS = 100_000

/** Binary heap by time, then by arrival, so that equal times keep their order. */
const createHeap = <E extends Timed>() => {
  const items: { readonly event: E; readonly arrival: number }[] = []
  let arrivals = 0
  const before = (a: number, b: number): boolean => {
    const left = items[a]!
    const right = items[b]!
    return left.event.time < right.event.time || (left.event.time === right.event.time && left.arrival < right.arrival)
  }
  const swap = (a: number, b: number): void => {
    const kept = items[a]!
    items[a] = items[b]!
    items[b] = kept
  }
  return {
    get size(): number {
      return items.length
    },
    inOrder: (): E[] =>
      items.toSorted((a, b) => a.event.time - b.event.time || a.arrival - b.arrival).map((item) => item.event),
    peek: (): E | undefined => items[0]?.event,
    push(event: E): void {
      items.push({ event, arrival: arrivals++ })
      for (let at = items.length - 1; at > 0;) {
        const parent = (at - 1) >> 1
        if (!before(at, parent)) break
        swap(at, parent)
        at = parent
      }
    },
    pop(): E {
      const first = items[0]!.event
      const last = items.pop()!
      if (items.length > 0) items[0] = last
      for (let at = 0; ;) {
        const left = 2 * at + 1
        const right = left + 1
        let least = at
        if (left < items.length && before(left, least)) least = left
        if (right < items.length && before(right, least)) least = right
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
  }
}

export const createReorder = <E extends Timed>(latenessMs: number, restored?: ReorderState<E>): Reorder<E> => {
  const heap = createHeap<E>()
  for (const event of restored?.waiting ?? []) heap.push(event)
  const ids = new Set((restored?.waiting ?? []).map((event) => event.id))
  let latest = restored?.latest ?? Number.NEGATIVE_INFINITY
  let late = 0
  let duplicates = 0

  const seen = (id: string): boolean => {
    if (id === '') return false
    if (ids.has(id)) return true
    ids.add(id)
    if (ids.size > MOST_IDS) ids.delete(ids.values().next().value!)
    return false
  }

  const drain = (until: number): E[] => {
    const out: E[] = []
    while (heap.size > 0 && (heap.peek()!.time <= until || heap.size > MOST_WAITING)) out.push(heap.pop())
    return out
  }

  return {
    push(event) {
      if (seen(event.id)) {
        duplicates++
        return []
      }
      if (event.time < latest - latenessMs) late++
      heap.push(event)
      if (event.time > latest) latest = event.time
      return drain(latest - latenessMs)
    },
    flush: () => drain(Number.POSITIVE_INFINITY),
    get watermark() {
      return latest - latenessMs
    },
    snapshot: () => ({ latest, waiting: heap.inOrder() }),
    get late() {
      return late
    },
    get duplicates() {
      return duplicates
    },
  }
}
