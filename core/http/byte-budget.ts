/** Bytes of requests that are being read and answered, of all connections of a receiver: full means "come again". */
export interface ByteBudget {
  readonly taken: number
  /** False when there is no room; then nothing was taken. */
  take(bytes: number): boolean
  give(bytes: number): void
}

export const createByteBudget = (most: number): ByteBudget => {
  let taken = 0
  return {
    get taken() {
      return taken
    },
    take(bytes) {
      if (taken + bytes > most) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
  }
}
