/**
 * The state of any time, out of the newest fitting snapshot and the events stored after it. Events that go are folded into a
 * snapshot first, so that nothing that is told later needs them.
 */
import { hash } from 'node:crypto'
import { timeToText } from '../model/index.ts'
import { pages } from './pages.ts'
import {
  applyEvent,
  emptyState,
  viewState,
  withoutLater,
  type SourcedEvent,
  type StateView,
  type WorldState,
} from './state.ts'
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

/** A snapshot says its own hash: a changed one would change the state of all times after it. */
const snapshotText = ({ agents, tasks, projects }: WorldState): string => {
  const world = JSON.stringify({ agents, tasks, projects })
  return `${world.slice(0, -1)},"sha256":"${hash('sha256', world, 'hex')}"}`
}

/** Undefined for a snapshot that was damaged where it was stored. */
const worldOf = (json: string): WorldState | undefined => {
  const { agents, tasks, projects, sha256 } = objectOf(json) ?? {}
  if (![agents, tasks, projects].every(isTable)) return undefined
  const world = { agents, tasks, projects } as unknown as WorldState
  // Those from before there were hashes have none.
  return sha256 === undefined || hash('sha256', JSON.stringify(world), 'hex') === sha256 ? world : undefined
}

/** No event is later. */
const TIME_MAX = 2n ** 63n - 1n

/** The state after some events: the last of them by number, and the latest by time. */
interface Told {
  readonly seq: number
  readonly time: bigint
  readonly state: WorldState
}

/** Undefined for a line that was damaged where it was stored; `verify` finds it. */
const eventOf = ({ id, type, time, line }: EventRow): SourcedEvent | undefined => {
  const { data } = objectOf(line) ?? {}
  // Its own timestamp may be on another clock than UTC; times are compared as text.
  return isObject(data) ? { id, type, timestamp: timeToText(time), data } : undefined
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
  /** `until` is exclusive; undefined = all. */
  const told = async (from: Told, until: bigint | undefined, lastSeq: number): Promise<Told> => {
    let { seq, time } = from
    for await (const rows of pages(backend, until === undefined ? {} : { until }, from.seq)) {
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
    backend.putSnapshot({ seq, time, state: snapshotText(state) })

  /** Of all there is now. */
  const snapshot = async (): Promise<void> => {
    const { lastSeq } = await backend.stats()
    await keep(await told(await restored({ time: TIME_MAX, seq: lastSeq }), undefined, lastSeq))
  }
  /** Folds what is going to be evicted, up to number `last`, into the state before the first event that stays. */
  const foldFront = async (last: number): Promise<void> => {
    const { seq, ...base } = await restored({ time: TIME_MAX, seq: last })
    if (seq < last) await keep({ ...(await told({ ...base, seq }, undefined, last)), seq: last })
  }
  /**
   * What to tell a time from. Where no snapshot is early enough although events went (one of them came from a clock that was
   * ahead, or more was evicted than asked for), it is the one of what went, without what was set later.
   */
  const before = async (time: bigint): Promise<Told & { readonly isWhole: boolean }> => {
    const from = await restored({ time, seq: Number.MAX_SAFE_INTEGER })
    const { firstSeq } = await backend.stats()
    if (from.seq >= firstSeq - 1) return { ...from, isWhole: true }
    const front = await restored({ time: TIME_MAX, seq: firstSeq - 1 })
    return { ...front, state: withoutLater(front.state, time), isWhole: false }
  }
  return {
    snapshot,
    foldFront,
    /** Undefined = after all there is. */
    async at(time: bigint | undefined): Promise<StateView> {
      const from = await before(time ?? TIME_MAX)
      const until = time === undefined || time >= TIME_MAX ? undefined : time + 1n
      const view = viewState((await told(from, until, Number.MAX_SAFE_INTEGER)).state)
      return from.isWhole ? view : { ...view, incomplete: true }
    },
  }
}
