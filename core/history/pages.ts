import type { EventBackend, Scan, StoredRow } from './types.ts'

/** Rows fetched at once. */
export const PAGE = 1_000

/** All rows of a scan, page by page. */
export async function* pages(
  backend: EventBackend,
  scan: Omit<Scan, 'afterSeq' | 'limit'>,
  from = 0,
): AsyncGenerator<readonly StoredRow[]> {
  for (let after = from; ;) {
    const rows = await backend.scan({ ...scan, afterSeq: after, limit: PAGE })
    if (rows.length === 0) return
    yield rows
    after = rows.at(-1)!.seq
  }
}
