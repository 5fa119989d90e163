/**
 * The obligations of a collector, by ids. What it has acknowledged it owes: every such id is delivered or sits in a dead letter.
 * What nobody sent must not appear. What was never acknowledged may be anywhere: its sender has it.
 */
export interface Verdict {
  readonly sent: number
  readonly acked: number
  readonly delivered: number
  readonly deadLettered: number
  /** Acknowledged, and nowhere. */
  readonly lost: readonly string[]
  /** Delivered more than once: allowed for a destination that is told again after a crash, and counted. */
  readonly duplicates: number
  /** Delivered, and never sent. */
  readonly invented: readonly string[]
  readonly kept: boolean
}

export interface Oracle {
  sent(id: string): void
  acked(id: string): void
  delivered(id: string): void
  deadLettered(id: string): void
  /** Acked ids that are not delivered yet. */
  readonly owed: number
  judge(): Verdict
}

export const createOracle = (): Oracle => {
  const sent = new Set<string>()
  const acked = new Set<string>()
  const delivered = new Map<string, number>()
  const dead = new Set<string>()
  const owed = new Set<string>()
  return {
    sent: (id) => void sent.add(id),
    acked(id) {
      acked.add(id)
      if (!delivered.has(id) && !dead.has(id)) owed.add(id)
    },
    delivered(id) {
      delivered.set(id, (delivered.get(id) ?? 0) + 1)
      owed.delete(id)
    },
    deadLettered(id) {
      dead.add(id)
      owed.delete(id)
    },
    get owed() {
      return owed.size
    },
    judge() {
      const lost = [...acked].filter((id) => !delivered.has(id) && !dead.has(id))
      const invented = [...delivered.keys()].filter((id) => !sent.has(id))
      return {
        sent: sent.size,
        acked: acked.size,
        delivered: delivered.size,
        deadLettered: dead.size,
        lost,
        duplicates: [...delivered.values()].reduce((sum, n) => sum + n - 1, 0),
        invented,
        kept: lost.length === 0 && invented.length === 0,
      }
    },
  }
}
