/**
 * The state of any time, out of the newest fitting snapshot and the events stored after it. Events that go are folded into a
 * snapshot first, so that nothing that is told later needs them.
 */
import { pages } from './pages.ts'
import { applyEvent, emptyState, viewState, type SourcedEvent, type StateView, type WorldState } from './state.ts'
import type { EventBackend, EventRow } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const objectOf = (json: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isClocked = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((field) => isObject(field) && typeof field['at'] === 'string')
const isTable = (value: unknown): boolean => isObject(value) && Object.values(value).every(isClocked)

/** Undefined for a snapshot that was damaged where it was stored. */
const worldOf = (json: string): WorldState | undefined => {
  const { agents, tasks, projects } = objectOf(json) ?? {}
  return [agents, tasks, projects].every(isTable) ? ({ agents, tasks, projects } as unknown as WorldState) : undefined
}

/** Later than any event. */
const TIME_MAX = 2n ** 63n - 1n

/** The state after some events: the last of them by number, and the latest by time. */
interface Told {
  readonly seq: number
  readonly time: bigint
  readonly state: WorldState
}

/** Undefined for a line that was damaged where it was stored; `verify` finds it. */
const eventOf = ({ line }: EventRow): SourcedEvent | undefined => {
  const { id, type, timestamp, data } = objectOf(line) ?? {}
  if (typeof id !== 'string' || typeof type !== 'string' || typeof timestamp !== 'string') return undefined
  return { id, type, timestamp, data: isObject(data) ? data : {} }
}

const latest = (rows: readonly EventRow[], before: bigint): bigint =>
  rows.reduce((most, { time }) => (time > most ? time : most), before)

export const createStates = (backend: EventBackend) => {
  /** Past snapshots that cannot be read: what they would have told is worked out again from the events before. */
  const restored = async (limits: { readonly time: bigint; readonly seq: number }): Promise<Told> => {
    for (let { seq } = limits; ;) {
      const snapshot = await backend.snapshotBefore({ time: limits.time, seq })
      if (snapshot === undefined) return { seq: 0, time: 0n, state: emptyState() }
      const state = worldOf(snapshot.state)
      if (state !== undefined) return { seq: snapshot.seq, time: snapshot.time, state }
      seq = snapshot.seq - 1
    }
  }
  /** `until` is exclusive. */
  const told = async (from: Told, until: bigint, lastSeq: number): Promise<Told> => {
    let { seq, time } = from
    for await (const rows of pages(backend, { until }, from.seq)) {
      const taken = rows.filter((row) => row.seq <= lastSeq)
      for (const row of taken) {
        const event = eventOf(row)
        if (event !== undefined) applyEvent(from.state, event)
      }
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
