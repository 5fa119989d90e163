import { describe, expect, it } from 'vitest'
import { officeRate, poisson, seeded } from '../../test/setup/random-streams.ts'
import { createVolume } from './volume.ts'
import type { VolumeFinding } from './volume-finding.ts'
import { createVolumeBands, levelOf, type LevelChange } from './volume-level.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 5)

const watch = (times: readonly number[], until: number): VolumeFinding[] => {
  const volume = createVolume()
  const findings = times.toSorted((a, b) => a - b).flatMap((time) => volume.observe(time))
  return [...findings, ...volume.advance(until)]
}

const week = (seed: number): number[] => poisson(seeded(seed), START, START + 7 * DAY, 200, officeRate)

describe('volume against its own rhythm', () => {
  it('says nothing of a week that is quiet by night and busy by day', () => {
    for (let seed = 1; seed <= 10; seed++) expect(watch(week(seed), START + 7 * DAY), `seed ${seed}`).toEqual([])
  })

  it('finds a planted spike once, with its start and its end', () => {
    const at = START + 5 * DAY + 14 * HOUR
    const spike = poisson(seeded(5), at, at + HOUR / 2, 1200)
    const findings = watch([...week(4), ...spike], START + 7 * DAY)
    expect(findings.map((finding) => `${finding.kind} ${finding.ended ? 'ended' : 'began'}`)).toEqual([
      'volume_spike began',
      'volume_spike ended',
    ])
    expect(Math.abs(findings[0]!.start - at)).toBeLessThanOrEqual(10 * 60_000)
    expect(findings[0]!.observed).toBeGreaterThan(2 * findings[0]!.expected)
  })

  it('finds a dead period at noon, and that it ended, but not the night', () => {
    const from = START + 4 * DAY + 11 * HOUR
    const times = week(6).filter((time) => time < from || time > from + HOUR)
    const findings = watch(times, START + 7 * DAY)
    expect(findings.map((finding) => `${finding.kind} ${finding.ended ? 'ended' : 'began'}`)).toEqual([
      'volume_gap began',
      'volume_gap ended',
    ])
    expect(findings[0]!.expected).toBeGreaterThanOrEqual(14)
    expect(findings[1]!.at).toBeGreaterThan(from + HOUR)
  })

  it('sees a dead period while it lasts, without another event', () => {
    const from = START + 4 * DAY + 11 * HOUR
    const findings = watch(
      week(7).filter((time) => time < from),
      from + 30 * 60_000,
    )
    expect(findings.map((finding) => finding.kind)).toEqual(['volume_gap'])
  })

  it('goes on unchanged after a restart', () => {
    const times = week(8)
    const whole = createVolume()
    let halves = createVolume()
    for (const [at, time] of times.entries()) {
      if (at === Math.floor(times.length / 2)) halves = createVolume(structuredClone(halves.snapshot()))
      expect(halves.observe(time)).toEqual(whole.observe(time))
    }
  })
})

describe('volume bands', () => {
  it.each([
    [49, 'low'],
    [50, 'normal'],
    [500, 'normal'],
    [501, 'high'],
    [2000, 'high'],
    [2001, 'critical'],
  ] as const)('%i events an hour are %s', (count, level) => {
    expect(levelOf(count, true)).toBe(level)
  })

  it('calls a low volume idle while no agent is registered', () => {
    expect(levelOf(49, false)).toBe('idle')
  })

  const run = (perHour: number, hours: number): LevelChange[] => {
    const bands = createVolumeBands()
    bands.agent('agent-1', true)
    const out: LevelChange[] = []
    for (let k = 0; k < perHour * hours; k++) out.push(...bands.observe(START + (k * HOUR) / perHour))
    return [...out, ...bands.advance(START + hours * HOUR)]
  }

  it('says nothing below high before an hour has been watched', () => {
    expect(run(100, 0.9)).toEqual([])
    expect(run(100, 2).map((change) => [change.oldLevel, change.level])).toEqual([['learning', 'normal']])
  })

  it('raises high and critical as soon as they are true', () => {
    expect(run(3000, 1).map((change) => change.level)).toEqual(['high', 'critical'])
  })

  it('falls back to low when the events stop, however long the silence', () => {
    const bands = createVolumeBands()
    bands.agent('agent-1', true)
    for (let k = 0; k < 300; k++) bands.observe(START + (k * HOUR) / 100)
    expect(bands.advance(START + 1000 * DAY).map((change) => change.level)).toEqual(['low'])
    expect(bands.observe(START + 1000 * DAY + 1)).toEqual([])
  })
})
