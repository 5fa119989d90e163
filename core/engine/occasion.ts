/** Who waits for something to be so; `look` is called when it may have become so. */
export interface Occasion {
  readonly look: () => void
  readonly wait: () => Promise<void>
}

export const createOccasion = (isSo: () => boolean): Occasion => {
  const waiting: (() => void)[] = []
  return {
    look() {
      if (waiting.length > 0 && isSo()) for (const resolve of waiting.splice(0)) resolve()
    },
    wait: () => (isSo() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
