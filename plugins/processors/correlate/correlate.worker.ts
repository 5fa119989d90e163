/** The correlating thread: puts events in order, counts them against their sidebands, and judges all pairs now and then. */
import { deserialize, serialize } from 'node:v8'
import {
  createReorder,
  createSideband,
  type Columns,
  type Correlation,
  type ReorderState,
  type SidebandState,
} from 'seneca-collector/analysis'

export interface CorrelateInit {
  readonly windowMs: number
  readonly latenessMs: number
  readonly evaluateMs: number
  readonly halfLifeMs: number
  readonly typesMax: number
  readonly supportLeast: number
}

export interface CorrelateFinding extends Correlation {
  readonly found: boolean
  /** Event time of the judgement, milliseconds since the epoch. */
  readonly at: number
  /** How often this pair has been found (or lost) before: part of the event's identity. */
  readonly occurrence: number
}

/** Thresholds of the screen, high because all pairs are judged again and again; what stands must fall well below them to be lost, so that a pair does not flicker. */
const FOUND = { z: 5, directionZ: 2.5, excess: 0.1, pValue: 1e-9 }
const LOST_SHARE = 0.6

interface State {
  readonly reorder: ReorderState<Row>
  readonly sideband: SidebandState
  readonly standing: readonly string[]
  readonly occurrences: readonly (readonly [string, number])[]
  readonly judgedAt: number
}

interface Row {
  readonly time: number
  readonly id: string
  readonly type: string
}

const beyond = (pair: Correlation, least: number, share: number): boolean =>
  pair.z > FOUND.z * share &&
  pair.pValue < FOUND.pValue ** share &&
  pair.directionZ > FOUND.directionZ * share &&
  pair.excess > FOUND.excess * share &&
  Math.min(pair.causes, pair.effects) >= least * share

export default (init: { readonly options: CorrelateInit; readonly state?: Uint8Array }) => {
  const { options } = init
  const restored = init.state ? (deserialize(init.state) as State) : undefined
  const reorder = createReorder<Row>(options.latenessMs, restored?.reorder)
  const sideband = createSideband(options, restored?.sideband)
  const standing = new Set(restored?.standing)
  const occurrences = new Map(restored?.occurrences)
  let judgedAt = restored?.judgedAt ?? Number.NaN

  const finding = (pair: Correlation, key: string, found: boolean, at: number): CorrelateFinding => {
    const occurrence = occurrences.get(key) ?? 0
    if (!found) occurrences.set(key, occurrence + 1)
    return { ...pair, found, at, occurrence }
  }

  const judge = (at: number): CorrelateFinding[] =>
    sideband.correlations().flatMap((pair) => {
      const key = `${pair.cause} → ${pair.effect}`
      const stood = standing.has(key)
      const stands = beyond(pair, options.supportLeast, stood ? LOST_SHARE : 1)
      if (stands === stood) return []
      if (stands) standing.add(key)
      else standing.delete(key)
      return [finding(pair, key, stands, at)]
    })

  const take = (rows: readonly Row[]): CorrelateFinding[] =>
    rows.flatMap((row) => {
      sideband.observe(row.type, row.time)
      const step = Math.floor(row.time / options.evaluateMs)
      if (Number.isNaN(judgedAt)) judgedAt = step
      if (step <= judgedAt) return []
      judgedAt = step
      return judge(row.time)
    })

  return {
    observe: (columns: Columns): CorrelateFinding[] =>
      columns.times.flatMap((time, k) => take(reorder.push({ time, id: columns.ids[k]!, type: columns.types[k]! }))),
    advance: (): CorrelateFinding[] => [],
    flush: (): CorrelateFinding[] => {
      const rows = reorder.flush()
      const last = rows.at(-1)
      return [...take(rows), ...(last ? judge(last.time) : [])]
    },
    snapshot: (): Uint8Array =>
      serialize({
        reorder: reorder.snapshot(),
        sideband: sideband.snapshot(),
        standing: [...standing],
        occurrences: [...occurrences],
        judgedAt,
      } satisfies State),
  }
}
