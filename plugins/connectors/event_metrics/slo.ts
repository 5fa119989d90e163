/**
 * Service level objectives with burn-rate alerts over two windows each (Google, The Site Reliability Workbook, chapter 5,
 * "Multiwindow, Multi-Burn-Rate Alerts"): an alert is on while the errors of the long *and* of the short window use the
 * error budget up faster than the factor allows.
 *
 *   burn rate = (bad / total in the window) / (1 − objective)
 */
export interface BurnAlert {
  readonly name: string
  readonly longMs: number
  readonly shortMs: number
  readonly factor: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** 2 % of a 30 day budget in an hour, 5 % in six hours, 10 % in three days. */
export const burnAlerts: readonly BurnAlert[] = [
  { name: 'fast', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, factor: 14.4 },
  { name: 'medium', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, factor: 6 },
  { name: 'slow', longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, factor: 1 },
]

/** Cells of one minute for the alerts' windows and of one hour for the whole period. */
interface Cells {
  readonly ms: number
  readonly index: number[]
  readonly good: number[]
  readonly total: number[]
}

export interface SloState {
  readonly minutes: Cells
  readonly hours: Cells
  readonly firing: readonly string[]
}

export interface BurnChange {
  readonly alert: BurnAlert
  readonly firing: boolean
  readonly burnRate: number
}

export interface Slo {
  record(good: boolean, atMs: number): void
  /** Share of good ones in the whole period; undefined when there were none. */
  ratio(now: number): number | undefined
  /** What is left of the error budget: 1 = all, 0 = none, below 0 = overdrawn. */
  budget(now: number): number | undefined
  burnRate(windowMs: number, now: number): number
  /** Alerts that begin or end now. */
  judge(now: number): readonly BurnChange[]
  snapshot(): SloState
}

/** Fewer events than this in the long window say nothing. */
const TOTAL_LEAST = 10

const createCells = (ms: number, length: number): Cells => ({
  ms,
  index: Array.from({ length }, () => -1),
  good: Array.from({ length }, () => 0),
  total: Array.from({ length }, () => 0),
})

const add = (cells: Cells, good: boolean, atMs: number): void => {
  const index = Math.floor(atMs / cells.ms)
  const at = index % cells.index.length
  if (cells.index[at]! > index) return
  if (cells.index[at]! < index) {
    cells.index[at] = index
    cells.good[at] = cells.total[at] = 0
  }
  if (good) cells.good[at]!++
  cells.total[at]!++
}

const sums = (cells: Cells, windowMs: number, now: number): { readonly good: number; readonly total: number } => {
  const last = Math.floor(now / cells.ms)
  const first = last - Math.ceil(windowMs / cells.ms) + 1
  let good = 0
  let total = 0
  for (let i = 0; i < cells.index.length; i++) {
    const index = cells.index[i]!
    if (index < first || index > last) continue
    good += cells.good[i]!
    total += cells.total[i]!
  }
  return { good, total }
}

export const createSlo = (objective: number, periodMs: number, restored?: SloState): Slo => {
  const longest = Math.max(...burnAlerts.map(({ longMs }) => longMs))
  const hoursLength = Math.ceil(periodMs / HOUR_MS) + 1
  const minutes = restored?.minutes ?? createCells(MINUTE_MS, longest / MINUTE_MS + 1)
  const hours = restored?.hours.index.length === hoursLength ? restored.hours : createCells(HOUR_MS, hoursLength)
  const firing = new Set(restored?.firing)
  const burnRate = (windowMs: number, now: number): number => {
    const { good, total } = sums(minutes, windowMs, now)
    return total === 0 ? 0 : (total - good) / total / (1 - objective)
  }
  const ratio = (now: number): number | undefined => {
    const { good, total } = sums(hours, periodMs, now)
    return total === 0 ? undefined : good / total
  }
  return {
    record(good, atMs) {
      add(minutes, good, atMs)
      add(hours, good, atMs)
    },
    ratio,
    budget(now) {
      const share = ratio(now)
      return share === undefined ? undefined : 1 - (1 - share) / (1 - objective)
    },
    burnRate,
    judge: (now) =>
      burnAlerts.flatMap((alert) => {
        const long = burnRate(alert.longMs, now)
        const enough = firing.has(alert.name) || sums(minutes, alert.longMs, now).total >= TOTAL_LEAST
        const burns = enough && long >= alert.factor && burnRate(alert.shortMs, now) >= alert.factor
        if (burns === firing.has(alert.name)) return []
        if (burns) firing.add(alert.name)
        else firing.delete(alert.name)
        return [{ alert, firing: burns, burnRate: long }]
      }),
    snapshot: () => ({ minutes, hours, firing: [...firing] }),
  }
}
