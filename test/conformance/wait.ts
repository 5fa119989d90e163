/** Waits for a real condition; the only place here that sleeps. */
export const until = async (what: string, condition: () => boolean, mostMs = 10_000): Promise<void> => {
  const end = performance.now() + mostMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${mostMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
