/** Events in memory: for tests, and where nothing may stay behind. The meaning the other kinds of storage are held to. */
import { CHAIN_START, chained } from './chain.ts'
import type { EventBackend, Scan, Snapshot, StoredRow } from './types.ts'

const matches = (row: StoredRow, { since, until, task, agent, severity }: Scan): boolean =>
  (since === undefined || row.time >= since) &&
  (until === undefined || row.time < until) &&
  (task === undefined || row.task === task) &&
  (agent === undefined || row.agent === agent) &&
  (severity === undefined || row.severity >= severity)

const bytesOf = (rows: readonly StoredRow[]): number => rows.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0)

export const memoryBackend = (): EventBackend => {
  let rows: StoredRow[] = []
  const ids = new Map<string, StoredRow>()
  let lastSeq = 0
  let anchor = CHAIN_START
  let evicted = 0
  let snapshots: readonly Snapshot[] = []
  return {
    async open() {},
    async append(given) {
      const fresh = given.filter((row, i) => !ids.has(row.id) && given.findIndex(({ id }) => id === row.id) === i)
      const added = chained(fresh, lastSeq, rows.at(-1)?.hash ?? anchor)
      for (const row of added) ids.set(row.id, row)
      rows.push(...added)
      lastSeq += added.length
      return { added: added.length, duplicates: given.length - added.length }
    },
    async scan(scan) {
      const { afterSeq, limit, descending = false } = scan
      const ordered = descending ? rows.toReversed() : rows
      const beyond = (row: StoredRow): boolean =>
        descending ? afterSeq === 0 || row.seq < afterSeq : row.seq > afterSeq
      return ordered.filter((row) => beyond(row) && matches(row, scan)).slice(0, limit)
    },
    byId: async (id) => ids.get(id),
    async evict(last) {
      const n = rows.filter(({ seq }) => seq <= last).length
      for (const row of rows.slice(0, n)) {
        ids.delete(row.id)
        anchor = row.hash
      }
      rows = rows.slice(n)
      const front = rows[0]?.seq ?? lastSeq + 1
      snapshots = snapshots.filter(({ seq }) => seq >= front - 1)
      evicted += n
      return n
    },
    stats: async () => ({
      events: rows.length,
      bytes: bytesOf(rows),
      lineBytes: bytesOf(rows),
      firstSeq: rows[0]?.seq ?? lastSeq + 1,
      lastSeq,
      firstTime: rows.reduce<bigint | undefined>(
        (least, { time }) => (least === undefined || time < least ? time : least),
        undefined,
      ),
      lastTime: rows.reduce<bigint | undefined>(
        (most, { time }) => (most === undefined || time > most ? time : most),
        undefined,
      ),
      evicted,
      anchor,
      head: rows.at(-1)?.hash ?? anchor,
    }),
    async putSnapshot(snapshot) {
      snapshots = [...snapshots.filter(({ seq }) => seq !== snapshot.seq), snapshot]
    },
    snapshotBefore: async ({ time, seq }) =>
      snapshots.filter((each) => each.time <= time && each.seq <= seq).toSorted((x, y) => y.seq - x.seq)[0],
    async close() {},
  }
}
