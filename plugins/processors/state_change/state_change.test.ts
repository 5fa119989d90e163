import { describe, expect, it } from 'vitest'
import { CollectorError, logs, type LogInit } from 'seneca-collector'
import { conformance, harness, memoryStore } from 'seneca-collector/testing'
import plugin from './index.ts'

const snapshot = (agent: string, status: string, seconds: number): LogInit => ({
  eventName: 'agent.status.updated',
  time: BigInt(seconds) * 1_000_000_000n,
  attributes: { 'marcus.agent.id': agent, 'marcus.status': status, 'log.record.uid': `${agent}-${seconds}` },
})

const statusRule = {
  match: 'agent.status.updated',
  key: 'agent_id',
  fields: ['status'],
  emit: 'agent.status.changed',
  map: { working: 'active', available: 'idle' },
}

const changes = (records: readonly { eventName: string; attributes: { get(key: string): unknown } }[]) =>
  records
    .filter(({ eventName }) => eventName === 'agent.status.changed')
    .map(({ attributes }) => [
      attributes.get('marcus.agent.id'),
      attributes.get('marcus.old_status'),
      attributes.get('marcus.new_status'),
    ])

describe('state_change', () => {
  for (const check of conformance(plugin, { folder: import.meta.dirname })) it(check.name, check.run)

  it('tells a change once, with what it was before', async () => {
    const test = await harness(plugin, { rules: [statusRule] })
    await test.start()
    await test.consume(logs([snapshot('a', 'available', 1), snapshot('b', 'working', 1)]))
    await test.consume(logs([snapshot('a', 'working', 2), snapshot('b', 'working', 2)]))
    await test.consume(logs([snapshot('a', 'working', 3)]))
    expect(changes(test.records())).toEqual([['a', 'idle', 'active']])
    const made = test.records().find(({ eventName }) => eventName === 'agent.status.changed')!
    expect(made.time).toBe(2_000_000_000n)
    expect(made.attributes.get('seneca.metadata.evidence')).toEqual(['a-2'])
    expect(made.attributes.get('marcus.transition_time')).toBe('1970-01-01T00:00:02.000Z')
    await test.stop()
  })

  it('keeps its base when what follows rejects, and gives the same ids', async () => {
    const test = await harness(plugin, { rules: [statusRule] })
    await test.start()
    await test.consume(logs([snapshot('a', 'available', 1)]))
    const refused: unknown[] = []
    test.follow((batch) => {
      refused.push(...[...(batch as ReturnType<typeof logs>)].map((record) => record.attributes.get('log.record.uid')))
      throw new CollectorError('unavailable', 'down', { retryable: true })
    })
    await expect(test.consume(logs([snapshot('a', 'working', 2)]))).rejects.toThrow('down')
    test.follow(() => undefined)
    await test.consume(logs([snapshot('a', 'working', 2)]))
    const ids = test.records().map((record) => record.attributes.get('log.record.uid'))
    expect(ids.slice(-2)).toEqual(refused)
    expect(changes(test.records())).toEqual([['a', 'idle', 'active']])
  })

  it('remembers over a restart', async () => {
    const storage = memoryStore()
    const first = await harness(plugin, { rules: [statusRule] }, { storage })
    await first.start()
    await first.consume(logs([snapshot('a', 'available', 1)]))
    await first.stop()
    const second = await harness(plugin, { rules: [statusRule] }, { storage })
    await second.start()
    await second.consume(logs([snapshot('a', 'working', 2)]))
    expect(changes(second.records())).toEqual([['a', 'idle', 'active']])
  })

  it('compares lists as sets, and tells steps once', async () => {
    const rules = [
      { match: 'agent.registered', key: 'agent_id', fields: ['skills'], emit: 'agent.skills.updated', as: 'list' },
      { match: 'p.s', key: 'project_id', fields: ['progress'], emit: 'p.m', as: 'steps', steps: [25, 50] },
    ]
    const test = await harness(plugin, { rules })
    await test.start()
    const skills = (list: string[], time: bigint): LogInit => ({
      eventName: 'agent.registered',
      time,
      attributes: { 'marcus.agent.id': 'a', 'marcus.skills': list },
    })
    const progress = (value: number, time: bigint): LogInit => ({
      eventName: 'p.s',
      time,
      attributes: { 'marcus.project.id': 'p', 'marcus.progress': value },
    })
    await test.consume(logs([skills(['x'], 1n), skills(['y', 'x'], 2n)]))
    await test.consume(logs([progress(10, 1n), progress(30, 2n), progress(20, 3n), progress(60, 4n)]))
    const made = test.records().filter(({ eventName }) => ['agent.skills.updated', 'p.m'].includes(eventName))
    expect(
      made.map((record) => record.attributes.get('marcus.added') ?? record.attributes.get('marcus.percent')),
    ).toEqual([['y'], 25, 50])
  })

  it('names what is wrong with a rule', async () => {
    const wrong = { ...statusRule, match: 'a..b' }
    await expect(harness(plugin, { rules: [wrong] })).rejects.toThrow("token 2 of 'a..b' is empty")
    await expect(harness(plugin, { rules: [{ ...statusRule, as: 'steps' }] })).rejects.toThrow('steps')
  })
})
