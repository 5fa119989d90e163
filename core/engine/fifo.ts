/** First in, first out, without moving what waits. Its bound is its owner's. */
export interface Fifo<T> {
  readonly length: number
  push(item: T): void
  shift(): T | undefined
  peek(): T | undefined
  replaceFirst(item: T): void
  /** All, oldest first. */
  each(fn: (item: T) => void): void
}

/** Emptied places at the front before the array is cut. */
const SLACK = 1_024

export const createFifo = <T>(): Fifo<T> => {
  let items: (T | undefined)[] = []
  let head = 0
  return {
    get length() {
      return items.length - head
    },
    push(item) {
      items.push(item)
    },
    shift() {
      if (head === items.length) return undefined
      const item = items[head]
      items[head++] = undefined
      if (head === items.length) {
        items = []
        head = 0
      } else if (head > SLACK && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
    each(fn) {
      for (const item of items.slice(head)) if (item !== undefined) fn(item)
    },
    peek: () => items[head],
    replaceFirst(item) {
      items[head] = item
    },
  }
}
