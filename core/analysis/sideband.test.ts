import { describe, expect, it } from 'vitest'
import { officeRate, poisson, seeded } from '../../test/setup/random-streams.ts'
import { createSideband } from './sideband.ts'
import type { Correlation } from './sideband-pair.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 5)
const options = { windowMs: 300_000, halfLifeMs: 7 * DAY, typesMax: 100 }

type Stream = readonly (readonly [string, number])[]

const found = (events: Stream): Correlation[] => {
  const sideband = createSideband(options)
  for (const [type, time] of events.toSorted((a, b) => a[1] - b[1])) sideband.observe(type, time)
  return sideband
    .correlations()
    .filter(
      (pair) => pair.z > 5 && pair.directionZ > 2.5 && pair.excess > 0.1 && Math.min(pair.causes, pair.effects) >= 20,
    )
}

const rhythmOnly = (seed: number, days = 7): Stream => {
  const random = seeded(seed)
  return ['a', 'b', 'c', 'd'].flatMap((type) =>
    poisson(random, START, START + days * DAY, 30, officeRate).map((time) => [type, time] as const),
  )
}

describe('sideband correlation', () => {
  it('finds a planted cause, its direction, lag and excess probability', () => {
    const random = seeded(1)
    const effects = rhythmOnly(2)
      .filter(([type]) => type === 'a')
      .flatMap(([, time]) => (random() < 0.8 ? [['e', time + 60_000 + random() * 60_000] as const] : []))
    const pairs = found([...rhythmOnly(2), ...effects])
    expect(pairs.map((pair) => `${pair.cause} → ${pair.effect}`)).toEqual(['a → e'])
    expect(pairs[0]!.strength).toBeGreaterThan(0.7)
    expect(pairs[0]!.strength).toBeLessThan(0.95)
    expect(pairs[0]!.lagSeconds).toBeGreaterThan(70)
    expect(pairs[0]!.lagSeconds).toBeLessThan(110)
    expect(pairs[0]!.pValue).toBeLessThan(1e-6)
  })

  it('finds nothing where types only share an office rhythm, although the naive rule would', () => {
    for (let seed = 10; seed < 20; seed++) {
      const events = rhythmOnly(seed)
      const b = events.filter(([type]) => type === 'b').map(([, time]) => time)
      const a = events.filter(([type]) => type === 'a').map(([, time]) => time)
      const naive = a.filter((time) => b.some((other) => other > time && other <= time + 300_000)).length / a.length
      expect(naive).toBeGreaterThan(0.7)
      expect(found(events), `seed ${seed}`).toEqual([])
    }
  })

  it('is the same after a restart in the middle', () => {
    const events = rhythmOnly(3).toSorted((x, y) => x[1] - y[1])
    const whole = createSideband(options)
    let halves = createSideband(options)
    for (const [at, [type, time]] of events.entries()) {
      whole.observe(type, time)
      if (at === Math.floor(events.length / 2)) halves = createSideband(options, structuredClone(halves.snapshot()))
      halves.observe(type, time)
    }
    expect(halves.correlations()).toEqual(whole.correlations())
  })

  it('follows no more types than it may, and counts the rest', () => {
    const sideband = createSideband({ ...options, typesMax: 2 })
    for (const type of ['a', 'b', 'c', 'c']) sideband.observe(type, START)
    expect(sideband.ignored).toBe(2)
  })

  it('never pairs a type with itself', () => {
    const sideband = createSideband(options)
    for (let k = 0; k < 500; k++) sideband.observe(k % 2 ? 'a' : 'b', START + k * 10_000)
    expect(sideband.correlations().some((pair) => pair.cause === pair.effect)).toBe(false)
  })
})
