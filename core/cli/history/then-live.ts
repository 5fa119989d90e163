/** What is stored, then what comes; listening begins first, and what is in both is shown once. Envelope lines. */
import type { Io } from '../verb.ts'
import { allOf } from './events.ts'
import { type Question, withStore } from './store.ts'

export interface ThenLive {
  readonly question: Question
  readonly store: string | undefined
  readonly 'data-dir': string | undefined
  readonly live: AsyncGenerator<string>
}

const idOf = (line: string): string => (JSON.parse(line) as { readonly id: string }).id

export async function* storedThenLive(
  { question, store: id, 'data-dir': dataDir, live }: ThenLive,
  io: Io,
): AsyncGenerator<string> {
  const first = live.next()
  // Whoever cannot have the history does not wait for what comes.
  first.catch(() => {})
  const args = { store: id, 'data-dir': dataDir, config: [], set: [], 'allow-unset': false }
  const stored = await withStore(args, io, (store) => allOf(store, question))
  const seen = new Set(stored.map(({ event }) => event.id))
  for (const { line } of stored) yield line
  for (let next = await first; next.done !== true; next = await live.next())
    if (!seen.delete(idOf(next.value))) yield next.value
}
