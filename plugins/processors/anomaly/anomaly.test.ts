import { describe, expect, it } from 'vitest'
import { logs, type LogInit, type Value } from 'seneca-collector'
import { event, eventId } from 'seneca-collector/events'
import { fakeClock, harness, memoryStore, type Harness } from 'seneca-collector/testing'
import anomaly from './index.ts'

const START = Date.UTC(2026, 0, 5, 9)
const MINUTE = 60_000

const record = (type: string, minute: number, data: Record<string, Value>): LogInit =>
  event({
    type,
    id: eventId('test', type, [JSON.stringify(data)], minute),
    source: 'marcus_logs',
    time: BigInt(START + minute * MINUTE) * 1_000_000n,
    data,
  })

const task = (type: string, minute: number): LogInit => record(type, minute, { task_id: 't1', agent_id: 'a1' })

const insights = (test: Harness) => test.records().filter((found) => found.eventName.startsWith('insight.'))

describe('anomaly', () => {
  it('forwards at once, and says what came out of sequence with both ids', async () => {
    const clock = fakeClock(START)
    const test = await harness(anomaly, {}, { once: true, clock })
    await test.start()
    const wrong = [task('task.created', 0), task('task.completed', 1), task('task.assigned', 2)]
    await test.consume(logs(wrong))
    expect(test.batches[0]?.count).toBe(3)
    await test.stop()
    const found = insights(test)
    expect(found.map((insight) => insight.eventName)).toEqual(['insight.anomaly.detected'])
    expect(found[0]?.attributes.get('marcus.kind')).toBe('out_of_sequence')
    expect(found[0]?.attributes.get('seneca.metadata.evidence')).toEqual([
      wrong[1]?.attributes?.['log.record.uid'],
      wrong[2]?.attributes?.['log.record.uid'],
    ])
    expect(found[0]?.attributes.get('seneca.metadata.derived')).toBe(true)
  })

  it('gives a finding the same id on a second run', async () => {
    const run = async (): Promise<unknown> => {
      const test = await harness(anomaly, {}, { once: true, clock: fakeClock(START) })
      await test.start()
      await test.consume(logs([task('task.created', 0), task('task.completed', 1), task('task.assigned', 2)]))
      await test.stop()
      return insights(test)[0]?.attributes.get('log.record.uid')
    }
    expect(await run()).toBe(await run())
  })

  it('lets a task be completed by Marcus without an assignment', async () => {
    const test = await harness(anomaly, {}, { once: true, clock: fakeClock(START) })
    await test.start()
    await test.consume(
      logs([task('task.created', 0), record('task.completed', 1, { task_id: 't1', agent_id: 'Marcus', by: 'marcus' })]),
    )
    await test.stop()
    expect(insights(test)).toEqual([])
  })

  it('raises a critical volume at the 2001st event of an hour, and not at its own findings', async () => {
    const test = await harness(anomaly, { sequence: { enabled: false } }, { once: true, clock: fakeClock(START) })
    await test.start()
    const many = (count: number): LogInit[] =>
      Array.from({ length: count }, (_, k) => record('task.progress.updated', k / 100, { task_id: 't1', n: k }))
    await test.consume(logs([...many(2000), record('insight.volume.level', 20, { level: 'x' })]))
    await test.consume(logs([record('task.progress.updated', 20.01, { task_id: 't1', n: 2001 })]))
    await test.stop()
    const levels = insights(test).filter((found) => found.attributes.get('seneca.source') === 'anomaly')
    expect(
      levels.map((found) => [found.attributes.get('marcus.level'), found.attributes.get('marcus.events_per_hour')]),
    ).toEqual([
      ['high', 501],
      ['critical', 2001],
    ])
  })

  it('goes on from saved state after a restart', async () => {
    const storage = memoryStore()
    const first = await harness(anomaly, {}, { storage, clock: fakeClock(START) })
    await first.start()
    await first.consume(logs([task('task.created', 0), task('task.completed', 1)]))
    await first.stop()
    const second = await harness(anomaly, {}, { storage, once: true, clock: fakeClock(START) })
    await second.start()
    await second.consume(logs([task('task.assigned', 2)]))
    await second.stop()
    expect(insights(second)).toHaveLength(1)
  })

  it('keeps the flow going when what follows rejects, without counting the batch twice', async () => {
    const test = await harness(anomaly, {}, { once: true, clock: fakeClock(START) })
    await test.start()
    test.follow(() => {
      throw new Error('full')
    })
    const batch = logs([task('task.created', 0), task('task.completed', 1), task('task.assigned', 2)])
    await expect(test.consume(batch)).rejects.toThrow('full')
    test.follow(() => undefined)
    await test.consume(batch)
    await test.stop()
    expect(insights(test)).toHaveLength(1)
  })

  it('refuses a pattern that cannot match', async () => {
    await expect(harness(anomaly, { exclude: ['a..b'] })).rejects.toThrow("token 2 of 'a..b' is empty")
  })
})
