/** Seeded random streams for the tests of the detectors. */

/** Uniform in [0, 1). Source: mulberry32. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const HOUR_MS = 3_600_000

/** An office day: quiet at night, busy from nine to six UTC. */
export const officeRate = (time: number): number => {
  const hour = (time / HOUR_MS) % 24
  return hour >= 9 && hour < 18 ? 1 : 0.05
}

/** Arrival times of a Poisson process with `perHour` × rate(time), in order. */
export const poisson = (
  random: () => number,
  from: number,
  to: number,
  perHour: number,
  rate: (time: number) => number = () => 1,
): number[] => {
  const times: number[] = []
  for (let time = from; ;) {
    time += (-Math.log(1 - random()) / perHour) * HOUR_MS
    if (time >= to) return times
    if (random() < rate(time)) times.push(time)
  }
}
