/** The last so many ids, the least recently used forgotten first. */
export interface Recent {
  has(id: string): boolean
  add(id: string): void
}

export const createRecent = (most: number): Recent => {
  const ids = new Set<string>()
  const touch = (id: string): void => {
    ids.delete(id)
    ids.add(id)
  }
  return {
    has(id) {
      if (!ids.has(id)) return false
      touch(id)
      return true
    },
    add(id) {
      touch(id)
      if (ids.size <= most) return
      for (const oldest of ids) {
        ids.delete(oldest)
        return
      }
    },
  }
}
