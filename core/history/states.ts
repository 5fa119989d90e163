/**
 * The state of any time, out of the newest fitting snapshot and the events stored after it. Events that go are folded into a
 * snapshot first, so that nothing that is told later needs them.
 */
import { pages } from './pages.ts'
import { applyEvent, emptyState, viewState, type SourcedEvent, type StateView, type WorldState } from './state.ts'
import type { EventBackend, EventRow } from './types.ts'

/** Later than any event. */
const TIME_MAX = 2n ** 63n - 1n

/** The state after some events: the last of them by number, and the latest by time. */
interface Told {
  readonly seq: number
  readonly time: bigint
  readonly state: WorldState
}

const eventOf = ({ line }: EventRow): SourcedEvent => {
  const { id = '', type = '', timestamp = '', data = {} } = JSON.parse(line) as Partial<SourcedEvent>
  return { id, type, timestamp, data }
}

const latest = (rows: readonly EventRow[], before: bigint): bigint =>
  rows.reduce((most, { time }) => (time > most ? time : most), before)

export const createStates = (backend: EventBackend) => {
  const restored = async (limits: { readonly time: bigint; readonly seq: number }): Promise<Told> => {
    const snapshot = await backend.snapshotBefore(limits)
    return snapshot
      ? { seq: snapshot.seq, time: snapshot.time, state: JSON.parse(snapshot.state) as WorldState }
      : { seq: 0, time: 0n, state: emptyState() }
  }
  /** `until` is exclusive. */
  const told = async (from: Told, until: bigint, lastSeq: number): Promise<Told> => {
    let { seq, time } = from
    for await (const rows of pages(backend, { until }, from.seq)) {
      const taken = rows.filter((row) => row.seq <= lastSeq)
      for (const row of taken) applyEvent(from.state, eventOf(row))
      time = latest(taken, time)
      seq = taken.at(-1)?.seq ?? seq
      if (taken.length < rows.length) break
    }
    return { state: from.state, seq, time }
  }
  const keep = ({ seq, time, state }: Told): Promise<void> =>
    backend.putSnapshot({ seq, time, state: JSON.stringify(state) })

  /** Of all there is now. */
  const snapshot = async (): Promise<void> => {
    const { lastSeq } = await backend.stats()
    await keep(await told(await restored({ time: TIME_MAX, seq: lastSeq }), TIME_MAX, lastSeq))
  }
  /** Folds what is going to be evicted into the state before the first event that stays. */
  const foldFront = async (count: number): Promise<void> => {
    const last = (await backend.stats()).firstSeq - 1 + count
    const { seq, ...base } = await restored({ time: TIME_MAX, seq: last })
    if (seq < last) await keep({ ...(await told({ ...base, seq }, TIME_MAX, last)), seq: last })
  }
  return {
    snapshot,
    foldFront,
    /** Undefined = now. */
    async at(time: bigint | undefined): Promise<StateView> {
      const until = time ?? TIME_MAX - 1n
      const from = await restored({ time: until, seq: Number.MAX_SAFE_INTEGER })
      return viewState((await told(from, until + 1n, Number.MAX_SAFE_INTEGER)).state)
    },
  }
}
