/**
 * Which event types follow which, within a window W, beyond what their shared rhythm explains.
 *
 * For every effect b and every cause a the events of a are counted in windows before and after each b (see
 * sideband-windows.ts). The side windows hold what the daily rhythm alone produces, so
 *
 *   z  = (f − mean s) / sqrt(max(var s, mean s, 1))     is the pair beyond its rhythm?
 *   zd = (f − r) / sqrt(f + r)                          does a come first?
 *   x  = (f − mean s) / min(Na, Nb)                     is it more than a trace?
 *   strength = (f − mean s) / Na, clipped to [0, 1]     the *excess* probability that b follows a within W
 *   p  = negative binomial tail of f, given the side windows
 *
 * Events must come in time order. An effect is settled when 5W have passed, so that the windows after it are complete.
 * Cost: 26 additions per known type and event; memory: as many numbers per ordered pair of types, and the times of the
 * last 12W. All sums decay with `halfLifeMs`.
 */
import { describePair, type Correlation } from './sideband-pair.ts'
import {
  addWindows,
  advance,
  CELLS,
  createSeries,
  forget,
  WINDOWS_AFTER,
  WINDOWS_KEPT,
  type TypeSeries,
} from './sideband-windows.ts'

export interface SidebandOptions {
  readonly windowMs: number
  readonly halfLifeMs: number
  /** Types beyond it are not followed, and counted. */
  readonly typesMax: number
}

export interface Sideband {
  observe(type: string, time: number): void
  /** Every ordered pair that was ever counted, unsorted. */
  correlations(): Correlation[]
  /** Events of types beyond `typesMax`. */
  readonly ignored: number
  snapshot(): SidebandState
}

export interface SidebandState {
  readonly types: readonly { readonly name: string; readonly times: readonly number[]; readonly weight: number }[]
  readonly waiting: readonly (readonly [type: number, time: number])[]
  /** Per effect, the cells of every cause. */
  readonly sums: readonly (readonly number[])[]
  readonly decayedAt: number
  readonly ignored: number
}

const DECAY_EVERY_MS = 3_600_000
/** Settled effects that may linger in the queue before it is cut. */
const QUEUE_SLACK = 4096

const scale = (sums: readonly number[][], types: readonly TypeSeries[], factor: number): void => {
  for (const cells of sums) for (let k = 0; k < cells.length; k++) cells[k]! *= factor
  for (const series of types) series.weight *= factor
}

const describeCauses = (
  types: readonly TypeSeries[],
  effect: number,
  cells: readonly number[],
  windowMs: number,
): Correlation[] =>
  types.flatMap((cause, at) =>
    at === effect || cells.length < (at + 1) * CELLS
      ? []
      : [describePair(cause, types[effect]!, cells.slice(at * CELLS, (at + 1) * CELLS), windowMs)],
  )

export const createSideband = (options: SidebandOptions, restored?: SidebandState): Sideband => {
  const { windowMs } = options
  const types: TypeSeries[] = (restored?.types ?? []).map((type) =>
    createSeries(type.name, [...type.times], type.weight),
  )
  const index = new Map(types.map((type, at) => [type.name, at]))
  const sums: number[][] = (restored?.sums ?? []).map((cells) => [...cells])
  let waiting = [...(restored?.waiting ?? [])]
  let settled = 0
  let decayedAt = restored?.decayedAt ?? Number.NaN
  let ignored = restored?.ignored ?? 0

  const typeAt = (name: string): number | undefined => {
    const known = index.get(name)
    if (known !== undefined || types.length >= options.typesMax) return known
    index.set(name, types.length)
    sums.push([])
    return types.push(createSeries(name)) - 1
  }

  const settle = (effect: number, time: number): void => {
    const cells = sums[effect]!
    while (cells.length < types.length * CELLS) cells.push(0)
    for (const [cause, series] of types.entries()) {
      advance(series, time, windowMs)
      if (cause !== effect) addWindows(cells, cause * CELLS, series)
    }
    types[effect]!.weight++
  }

  const settleUntil = (until: number): void => {
    const before = settled
    while (settled < waiting.length && waiting[settled]![1] <= until) settle(...waiting[settled++]!)
    if (settled === before) return
    for (const series of types) forget(series, until - (WINDOWS_KEPT - WINDOWS_AFTER) * windowMs)
    if (settled < QUEUE_SLACK) return
    waiting = waiting.slice(settled)
    settled = 0
  }

  const decay = (now: number): void => {
    if (Number.isNaN(decayedAt)) decayedAt = now
    if (now - decayedAt < DECAY_EVERY_MS) return
    const factor = 0.5 ** ((now - decayedAt) / options.halfLifeMs)
    decayedAt = now
    scale(sums, types, factor)
  }

  return {
    observe(name, time) {
      const type = typeAt(name)
      if (type === undefined) {
        ignored++
        return
      }
      decay(time)
      types[type]!.times.push(time)
      waiting.push([type, time])
      settleUntil(time - WINDOWS_AFTER * windowMs)
    },
    correlations: () => sums.flatMap((cells, effect) => describeCauses(types, effect, cells, windowMs)),
    get ignored() {
      return ignored
    },
    snapshot: () => ({
      types: types.map(({ name, times, weight }) => ({ name, times: [...times], weight })),
      waiting: waiting.slice(settled),
      sums: sums.map((cells) => [...cells]),
      decayedAt,
      ignored,
    }),
  }
}
