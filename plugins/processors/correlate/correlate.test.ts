import { describe, expect, it } from 'vitest'
import { logs, type LogInit } from 'seneca-collector'
import { event, eventId, eventType } from 'seneca-collector/events'
import { fakeClock, harness } from 'seneca-collector/testing'
import { officeRate, poisson, seeded } from '../../../test/setup/random-streams.ts'
import correlate from './index.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 5)

const records = (type: string, times: readonly number[]): LogInit[] =>
  times.map((time, k) =>
    event({
      type,
      id: eventId('test', type, [String(k)]),
      source: 'marcus_logs',
      time: BigInt(Math.round(time)) * 1_000_000n,
      data: { task_id: `t${k}` },
    }),
  )

const stream = (withEffect: boolean): LogInit[] => {
  const random = seeded(3)
  const times = (seed: number): number[] => poisson(seeded(seed), START, START + 7 * DAY, 30, officeRate)
  const causes = times(1)
  const effects = withEffect
    ? causes.flatMap((time) => (random() < 0.85 ? [time + 30_000 + random() * 60_000] : []))
    : times(4)
  return [
    ...records('task.blocked', causes),
    ...records('task.unassigned', effects),
    ...records('task.created', times(2)),
  ].toSorted((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)))
}

const run = async (input: readonly LogInit[], options = {}) => {
  const test = await harness(correlate, options, { once: true, clock: fakeClock(START) })
  await test.start()
  for (let from = 0; from < input.length; from += 200) await test.consume(logs(input.slice(from, from + 200)))
  await test.stop()
  return { test, found: test.records().filter((record) => record.eventName.startsWith('insight.correlation')) }
}

describe('correlate', () => {
  it('says once that an effect follows its cause, keyed "A → B"', async () => {
    const { found, test } = await run(stream(true))
    expect(found.map((record) => [record.eventName, record.attributes.get('marcus.key')])).toEqual([
      ['insight.correlation.found', 'task.blocked → task.unassigned'],
    ])
    expect(found[0]?.attributes.get('marcus.strong')).toBe(true)
    expect(test.inspect()).toMatchObject({ correlations: { 'task.blocked → task.unassigned': { strong: true } } })
  })

  it('says nothing of types that only share their hours', async () => {
    expect((await run(stream(false))).found).toEqual([])
  })

  it('keeps to strong pairs when told to', async () => {
    expect((await run(stream(true), { report: 'strong', threshold: 1 })).found).toEqual([])
  })

  it('emits what the catalogue describes', async () => {
    const { found } = await run(stream(true))
    const known = eventType('insight.correlation.found')
    expect(known?.category).toBe('analysis')
    for (const key of ['cause', 'effect', 'key', 'strength', 'lag_seconds', 'support', 'p_value']) {
      expect(found[0]?.attributes.get(`marcus.${key}`), key).toBeDefined()
    }
  })
})
