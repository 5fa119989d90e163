import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asValue, CollectorError, logs, type LogInit, type LogRecord, type Value } from 'seneca-collector'
import { event, eventType } from 'seneca-collector/events'
import { conformance, harness, memoryStore, type Harness } from 'seneca-collector/testing'
import plugin from './index.ts'

const SECOND = 1_000_000_000n

const snapshot = (type: string, second: number, data: Record<string, Value>, body?: unknown): LogInit => ({
  ...event({
    type,
    id: `${type}-${second}-${JSON.stringify(data)}`,
    source: 'test',
    time: BigInt(second) * SECOND,
    data,
  }),
  ...(body === undefined ? {} : { body: asValue(body) }),
})
const status = (agent: string, word: string, second: number): LogInit =>
  snapshot('agent.status.updated', second, { agent_id: agent, status: word })
const listed = (second: number, agents: unknown): LogInit =>
  snapshot('mcp.tool.result', second, { tool: 'list_registered_agents', ok: true }, { agents })

const item = (second: number, state: string, level: number, region = 'eu'): LogInit => ({
  eventName: 'shop.polled',
  time: BigInt(second) * SECOND,
  attributes: { 'marcus.region': region, 'stock.level': level },
  body: { item: { id: 7, state } },
})

const isDerived = (record: LogRecord): boolean => record.attributes.get('seneca.metadata.derived') === true
const derived = (test: Harness): LogRecord[] => test.records().filter(isDerived)
const idOf = (record: LogRecord): Value | undefined => record.attributes.get('log.record.uid')

/** `data` of an event, by the names of its envelope. */
const dataOf = (record: LogRecord): Record<string, unknown> => {
  const copy: LogInit = { eventName: record.eventName, attributes: Object.fromEntries(record.attributes) }
  const text = Buffer.concat(logs([copy]).encode('envelope')).toString()
  return (JSON.parse(text) as { data: Record<string, unknown> }).data
}
const told = (test: Harness): (readonly [string, Record<string, unknown>])[] =>
  derived(test).map((record) => [record.eventName, dataOf(record)])

const started = async (options: unknown = {}, env: Parameters<typeof harness>[2] = {}): Promise<Harness> => {
  const test = await harness(plugin, options, env)
  await test.start()
  return test
}

describe('state_change', () => {
  for (const check of conformance(plugin, {
    folder: import.meta.dirname,
    options: {},
    input: () =>
      ['available', 'working', 'working', 'available', 'working'].map((word, n) => logs([status('a', word, n + 1)])),
  }))
    it(check.name, check.run)

  it('tells that an available agent is working, once, at the time of the snapshot', async () => {
    const test = await started()
    await test.consume(logs([status('a', 'available', 1), status('b', 'working', 1)]))
    await test.consume(logs([status('a', 'working', 2), status('b', 'working', 2)]))
    await test.consume(logs([status('a', 'working', 3)]))
    expect(told(test)).toEqual([
      [
        'agent.status.changed',
        { agent_id: 'a', old_status: 'idle', new_status: 'active', transition_time: '1970-01-01T00:00:02.000Z' },
      ],
    ])
    const [made] = derived(test)
    expect(made?.time).toBe(2n * SECOND)
    expect(made?.attributes.get('seneca.metadata.evidence')).toEqual(
      [1, 2].map(
        (second) =>
          `agent.status.updated-${second}-${JSON.stringify({ agent_id: 'a', status: second === 1 ? 'available' : 'working' })}`,
      ),
    )
    expect(made?.attributes.get('seneca.metadata.time_range')).toEqual([
      '1970-01-01T00:00:01.000Z',
      '1970-01-01T00:00:02.000Z',
    ])
    expect(test.created).toBe(1)
  })

  it('tells of skills, of who came and who left, from one list', async () => {
    const test = await started()
    const ana = { id: 'a', name: 'Ana', role: 'Backend', status: 'available', skills: ['go'] }
    const ben = { id: 'b', name: 'Ben', role: 'QA', status: 'working', skills: [] }
    await test.consume(logs([listed(1, [ana])]))
    await test.consume(logs([listed(2, [{ ...ana, status: 'working', skills: ['rust'] }, ben])]))
    await test.consume(logs([listed(3, [ben])]))
    expect(told(test)).toEqual([
      [
        'agent.status.changed',
        { agent_id: 'a', old_status: 'idle', new_status: 'active', transition_time: '1970-01-01T00:00:02.000Z' },
      ],
      ['agent.registered', { agent_id: 'b', name: 'Ben', role: 'QA', skills: [] }],
      ['agent.skills.updated', { agent_id: 'a', added: ['rust'], removed: ['go'] }],
      ['agent.deregistered', { agent_id: 'a', reason: 'left_list' }],
    ])
    for (const [type] of told(test)) expect(eventType(type)).toBeDefined()
  })

  it('says nothing of an answer without a list, and counts it', async () => {
    const test = await started()
    await test.consume(logs([listed(1, [{ id: 'a', status: 'working' }]), listed(2, 'unavailable')]))
    expect(told(test)).toEqual([])
    expect(test.metrics.value('seneca_state_change_skipped', { reason: 'no list' })).toBeGreaterThan(0)
  })

  it('tells which agents are allocated to a project, as they register, move and leave', async () => {
    const test = await started()
    const registered = (agent: string, project: string, second: number): LogInit =>
      snapshot('agent.registered', second, { agent_id: agent, project_id: project, skills: [] })
    await test.consume(logs([registered('a', 'p', 1), registered('b', 'p', 2), registered('b', 'p', 3)]))
    await test.consume(logs([registered('a', 'q', 4), snapshot('agent.deregistered', 5, { agent_id: 'b' })]))
    expect(told(test)).toEqual(
      [
        { project_id: 'p', agents: ['a'], old_agents: [] },
        { project_id: 'p', agents: ['a', 'b'], old_agents: ['a'] },
        { project_id: 'p', agents: ['b'], old_agents: ['a', 'b'] },
        { project_id: 'q', agents: ['a'], old_agents: [] },
        { project_id: 'p', agents: [], old_agents: ['b'] },
      ].map((data) => ['project.allocation.changed', data] as const),
    )
  })

  it('takes rules of one’s own: other places, conditions, words, data', async () => {
    const rules = [
      {
        from: 'shop.*',
        where: 'data["region"] == "eu"',
        key: ['resource.host.name', 'body.item.id'],
        fields: ['body.item.0', 'body.item.state', 'attributes.stock.level'],
        words: { gone: 'sold out' },
        emit: 'item.changed',
      },
      {
        from: 'shop.polled',
        key: 'body.item.id',
        fields: ['attributes.stock.level'],
        as: 'steps',
        steps: [5, 10],
        emit: 'item.step',
      },
    ]
    const test = await started({ rules, defaults: false })
    const host = { resource: { attributes: { 'host.name': 'h1' } } }
    await test.consume(
      logs(
        [item(1, 'here', 3), item(2, 'gone', 6, 'us'), item(3, 'gone', 11), item(4, 'gone', 2), item(5, 'gone', 12)],
        host,
      ),
    )
    expect(told(test)).toEqual([
      ['item.step', { id: 7, percent: 5 }],
      [
        'item.changed',
        {
          'host.name': undefined,
          name: 'h1',
          id: 7,
          old_state: 'here',
          new_state: 'sold out',
          old_level: 3,
          new_level: 11,
        },
      ],
      ['item.step', { id: 7, percent: 10 }],
      ['item.changed', { name: 'h1', id: 7, old_level: 11, new_level: 2 }],
      ['item.changed', { name: 'h1', id: 7, old_level: 2, new_level: 12 }],
    ])
  })

  it('leaves out snapshots in which nothing changed where it is told to, and only those', async () => {
    const test = await started({ drop_unchanged: true })
    const other: LogInit = { eventName: 'task.created', time: 1n }
    await test.consume(logs([status('a', 'working', 1), other, status('a', 'active', 2), status('a', 'available', 3)]))
    await test.consume(logs([status('a', 'available', 4)]))
    expect(test.records().map(({ eventName }) => eventName)).toEqual([
      'agent.status.updated',
      'task.created',
      'agent.status.updated',
      'agent.status.changed',
    ])
    expect(test.filtered).toEqual({ unchanged: 2 })
    await test.consume(logs([status('a', 'working', 5)]))
    const sent = test.records().map(idOf)
    for (const made of derived(test))
      expect(sent).toEqual(expect.arrayContaining([...(made.attributes.get('seneca.metadata.evidence') as string[])]))
  })

  it('compares a snapshot older than its base with nothing', async () => {
    const test = await started()
    await test.consume(logs([status('a', 'working', 5), status('a', 'available', 4), status('a', 'working', 6)]))
    expect(told(test)).toEqual([])
    expect(test.metrics.value('seneca_state_change_skipped', { reason: 'late' })).toBe(1)
  })

  it('keeps its bases when what follows rejects, and then gives the same ids', async () => {
    const test = await started()
    await test.consume(logs([status('a', 'available', 1)]))
    const refused: unknown[] = []
    test.follow((batch) => {
      refused.push(...Array.from(batch as ReturnType<typeof logs>, (record) => idOf(record)))
      throw new CollectorError('unavailable', 'down', { retryable: true })
    })
    await expect(test.consume(logs([status('a', 'working', 2)]))).rejects.toThrow('down')
    expect(test.created).toBe(0)
    test.follow(() => undefined)
    await test.consume(logs([status('a', 'working', 2)]))
    expect(test.records().slice(-2).map(idOf)).toEqual(refused)
    expect(derived(test)).toHaveLength(1)
  })

  it('goes on over a restart, also one without a stop', async () => {
    const storage = memoryStore()
    const first = await started({}, { storage })
    await first.consume(logs([status('a', 'available', 1)]))
    await first.consume(logs([status('a', 'working', 2)]))
    const second = await started({}, { storage })
    await second.consume(logs([status('a', 'working', 3)]))
    await second.consume(logs([status('a', 'available', 4)]))
    expect(derived(second).map(({ time }) => time)).toEqual([4n * SECOND])
  })

  it('remembers no more than it may, and says how many it forgot', async () => {
    const test = await started({ keys_max: 2, defaults: true })
    await test.consume(logs(['a', 'b', 'c'].map((agent, n) => status(agent, 'working', n + 1))))
    expect(test.inspect()).toEqual({ remembered: 2, evicted: 1 })
    await test.consume(logs([status('a', 'available', 5), status('c', 'available', 6)]))
    expect(told(test).map(([, data]) => data['agent_id'])).toEqual(['c'])
    await test.consume(logs([listed(7, [{ id: 'x' }, { id: 'y' }, { id: 'z' }])]))
    expect(test.metrics.value('seneca_state_change_skipped', { reason: 'over keys_max' })).toBe(2)
  })

  it('names what is wrong with a rule', async () => {
    const rule = { from: 'a.b', key: 'id', fields: ['x'], emit: 'c.d' }
    const wrong = (change: object, message: string) =>
      expect(harness(plugin, { rules: [{ ...rule, ...change }] }), message).rejects.toThrow(message)
    await wrong({ from: 'a..b' }, 'rules.0.from: token 2')
    await wrong({ emit: 'c.*' }, 'is a pattern')
    await wrong({ as: 'steps' }, '`as: steps` needs `steps`')
    await wrong({ data: { x: 'newest' } }, "rules.0.data.x: 'newest' is no source")
    await wrong({ where: 'data["x"' }, 'rules.0.where')
    await wrong({ fields: ['a..b'] }, 'a part of it is empty')
    await wrong({ left: { type: 'x.y' } }, '`left` needs `rows`')
    await expect(harness(plugin, { defaults: false })).rejects.toThrow('there is no rule')
  })

  it('gives changes that, applied to the first snapshot, make the last', async () => {
    const word = fc.constantFrom('red', 'green', 'blue')
    const list = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), word)
    const rules = [
      {
        from: 'board.listed',
        rows: 'body.rows',
        fields: ['colour'],
        emit: 'row.changed',
        data: { id: 'key', new: 'new' },
        appeared: { type: 'row.appeared', data: { id: 'key', new: 'row.colour' } },
        left: { type: 'row.left', data: { id: 'key' } },
      },
    ]
    await fc.assert(
      fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 8 }), fc.nat(3), async (lists, cut) => {
        const records = lists.map((rows, n): LogInit => ({
          eventName: 'board.listed',
          time: BigInt(n + 1),
          body: { rows: Object.fromEntries(Object.entries(rows).map(([id, colour]) => [id, { colour }])) },
        }))
        const test = await started({ rules, defaults: false })
        await test.consume(logs(records.slice(0, cut)))
        await test.consume(logs(records.slice(cut)))
        const state = new Map<string, string>(Object.entries(lists[0]!))
        for (const [type, data] of told(test)) {
          if (type === 'row.left') state.delete(data['id'] as string)
          else state.set(data['id'] as string, data['new'] as string)
        }
        expect(state).toEqual(new Map(Object.entries(lists.at(-1)!)))
        const ids = derived(test).map(idOf)
        expect(new Set(ids).size).toBe(ids.length)
      }),
      { numRuns: 60 },
    )
  })
})
