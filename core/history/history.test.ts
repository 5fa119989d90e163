import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../kit/testing/fake-clock.ts'
import { decode, logs } from '../model/index.ts'
import { event } from '../events/index.ts'
import { CHAIN_START, createChainCheck } from './chain.ts'
import { createHistory } from './history.ts'
import { memoryBackend } from './memory-backend.ts'
import { rowsOf } from './rows.ts'
import { applyEvent, emptyState, viewState, type SourcedEvent } from './state.ts'
import type { EventRow, Scan, Snapshot } from './types.ts'

const T0 = Date.UTC(2026, 10, 23)
const fact = (
  type: string,
  seconds: number,
  data: Record<string, string | number | null>,
  id = `${type}-${seconds}`,
): EventRow =>
  rowsOf(logs([event({ type, id, source: 'marcus_logs', time: BigInt(T0 + seconds * 1_000) * 1_000_000n, data })]))[0]!
const time = (seconds: number): bigint => BigInt(T0 + seconds * 1_000) * 1_000_000n

const day = [
  fact('project.created', 0, { project_id: 'p', project_name: 'Tide Tables', task_count: 2 }),
  fact('agent.registered', 1, { agent_id: 'ana', name: 'Ana', role: 'Backend' }),
  fact('task.created', 2, { task_id: 't1', task_name: 'Import', project_id: 'p', priority: 'high' }),
  fact('task.assigned', 10, { task_id: 't1', agent_id: 'ana', task_name: 'Import' }),
  fact('task.progress.updated', 20, { task_id: 't1', agent_id: 'ana', progress: 50, status: 'in_progress' }),
  fact('task.recovered', 30, { task_id: 't1', agent_id: 'ana', recoveries: 1 }),
  fact('task.assigned', 40, { task_id: 't1', agent_id: 'ben', task_name: 'Import' }),
  fact('task.completed', 50, { task_id: 't1', agent_id: 'ben', by: 'agent' }),
]
const sourced = ({ line }: EventRow): SourcedEvent => JSON.parse(line) as SourcedEvent
const folded = (rows: readonly EventRow[]) => {
  const state = emptyState()
  for (const row of rows) applyEvent(state, sourced(row))
  return viewState(state)
}
const store = async (rows: readonly EventRow[], limits = {}) => {
  const backend = memoryBackend()
  const history = createHistory(
    backend,
    { retentionMs: undefined, eventsMax: undefined, ...limits },
    fakeClock(T0 + 60_000),
  )
  await history.append(rows)
  return { backend, history }
}

describe('the state of any time', () => {
  it('passes over a snapshot and an event that were damaged where they were stored', async () => {
    const { history, backend } = await store(day)
    const sound = await history.state(undefined)
    for (const [i, state] of ['{', '[]', '{"agents":7}', '{"agents":{"a":{"x":1}},"tasks":{},"projects":{}}'].entries())
      await backend.putSnapshot({ seq: i + 1, time: time(1), state })
    expect(await history.state(undefined)).toEqual(sound)
    await history.append([{ ...day[0]!, id: 'torn', line: '{"id":' }])
    expect(await history.state(undefined)).toEqual(sound)
  })

  it('is what had happened by then', async () => {
    const { history } = await store(day)
    const at = async (seconds: number) => {
      const { tasks, agents } = await history.state(time(seconds))
      return { task: tasks['t1'], ana: agents['ana']?.task ?? null }
    }
    expect(await at(25)).toEqual({
      task: {
        name: 'Import',
        project: 'p',
        status: 'in_progress',
        agent: 'ana',
        progress: 50,
        attempts: 1,
        recoveries: 0,
      },
      ana: 't1',
    })
    expect(await at(35)).toMatchObject({ task: { status: 'todo', agent: null, recoveries: 1 }, ana: null })
    expect(await at(60)).toMatchObject({ task: { status: 'done', agent: 'ben', progress: 100, attempts: 2 } })
    expect((await history.state(time(-1))).tasks).toEqual({})
  })

  it('does not depend on the order in which events arrive, nor on how often', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(day, { minLength: day.length }), fc.subarray(day), (shuffled, again) => {
        expect(folded([...shuffled, ...again])).toEqual(folded(day))
      }),
    )
  })

  it('is the same out of a snapshot as out of all events, whatever was evicted and came late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(day, { minLength: day.length }),
        fc.integer({ min: 1, max: day.length }),
        fc.integer({ min: 0, max: day.length }),
        async (shuffled, kept, split) => {
          const { history } = await store(shuffled.slice(0, split), { eventsMax: kept })
          await history.retain()
          await history.append(shuffled.slice(split))
          await history.retain()
          expect(await history.state(undefined)).toEqual(folded(day))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('a state that was told by strange clocks', () => {
  const line = (id: string, timestamp: string, data: object): EventRow =>
    rowsOf(
      decode(
        'logs',
        'envelope',
        Buffer.from(`${JSON.stringify({ id, type: 'task.progress.updated', timestamp, data })}\n`),
      ),
    )[0]!

  it('goes by the instant, whatever the offset and the digits', async () => {
    const { history } = await store([
      line('a', '2026-11-23T02:00:02+02:00', { task_id: 't', progress: 20 }),
      line('b', '2026-11-23T00:00:01Z', { task_id: 't', progress: 10 }),
      line('c', '2026-11-22 19:00:01.5-05:00', { task_id: 't', progress: 15 }),
    ])
    expect((await history.state(undefined)).tasks['t']).toMatchObject({ progress: 20 })
    expect((await history.state(time(1) + 600_000_000n)).tasks['t']).toMatchObject({ progress: 15 })
  })

  it('is not lost with what was evicted after an event from the future', async () => {
    const { history } = await store([line('x', '2031-01-01T00:00:00Z', { task_id: 'other', progress: 99 }), ...day], {
      eventsMax: 1,
    })
    await history.retain()
    const { tasks, agents, incomplete } = await history.state(time(60))
    expect(incomplete).toBe(true)
    expect(tasks['t1']).toMatchObject({ status: 'done', agent: 'ben', attempts: 2 })
    expect(tasks['other']).toBeUndefined()
    expect(agents['ana']).toMatchObject({ name: 'Ana' })
    expect((await history.state(undefined)).tasks['other']).toMatchObject({ progress: 99 })
  })

  it('knows a task and an agent of any name', async () => {
    const { history } = await store([
      line('p', '2026-11-23T00:00:01Z', { task_id: '__proto__', agent_id: 'toString', progress: 5 }),
    ])
    expect(Object.entries((await history.state(undefined)).tasks)).toEqual([
      ['__proto__', expect.objectContaining({ progress: 5 })],
    ])
  })

  it('passes over a snapshot of which one letter was changed', async () => {
    const { history, backend } = await store(day)
    const sound = await history.state(undefined)
    let put: Snapshot | undefined
    const watched = {
      ...backend,
      putSnapshot: async (snapshot: Snapshot) => void (put = snapshot),
      evict: async () => 0,
    }
    await createHistory(watched, { retentionMs: undefined, eventsMax: 3 }, fakeClock(T0)).retain()
    await backend.putSnapshot({ ...put!, state: put!.state.replace('Ana', 'Eva') })
    expect(await history.state(undefined)).toEqual(sound)
  })
})

describe('retention', () => {
  const kept = async (rows: readonly EventRow[], limits: object) => {
    const { history, backend } = await store(rows, limits)
    await history.retain()
    return (await backend.scan({ afterSeq: 0, limit: 99 })).map(({ id }) => id)
  }

  it('takes hours that are no whole milliseconds', async () => {
    expect(await kept(day, { retentionMs: 0.0083333 * 3_600_000 })).toEqual(day.slice(5).map(({ id }) => id))
  })

  it('is not held up by an event from a clock that is years ahead', async () => {
    const ahead = { ...day[0]!, id: 'ahead', time: time(0) + 10n ** 17n }
    expect(await kept([ahead, ...day], { retentionMs: 30_000 })).toEqual(day.slice(5).map(({ id }) => id))
    expect(await kept([ahead], { retentionMs: 30_000 })).toEqual(['ahead'])
  })

  it('folds every event that it evicts, although others come meanwhile', async () => {
    const backend = memoryBackend()
    let between: (() => Promise<void>) | undefined
    const slow = {
      ...backend,
      async putSnapshot(snapshot: Snapshot) {
        await backend.putSnapshot(snapshot)
        await between?.()
      },
    }
    const history = createHistory(slow, { retentionMs: undefined, eventsMax: 1 }, fakeClock(T0 + 60_000))
    await history.append(day.slice(0, 4))
    between = async () => {
      between = undefined
      await history.append(day.slice(4))
    }
    await history.retain()
    expect(await history.state(undefined)).toEqual(folded(day))
    await history.retain()
    expect(await history.state(undefined)).toEqual(folded(day))
    expect((await history.verify()).broken).toBeUndefined()
  })
})

describe('the chain over stored events', () => {
  it('is whole from the first to the last', async () => {
    const { history } = await store(day)
    expect(await history.verify()).toMatchObject({ checked: day.length, broken: undefined })
  })

  it('breaks where one byte was changed, and where an event is missing', async () => {
    const { backend } = await store(day)
    const rows = await backend.scan({ afterSeq: 0, limit: 100 })
    const line = rows[4]!.line.replace('50', '51')
    const changed = rows.with(4, { ...rows[4]!, line })
    expect(createChainCheck(CHAIN_START, 1).check(changed)).toEqual({ seq: 5, id: rows[4]!.id, reason: 'changed' })
    expect(createChainCheck(CHAIN_START, 1).check(rows.toSpliced(2, 1))).toEqual({
      seq: 3,
      id: rows[3]!.id,
      reason: 'missing',
    })
  })
})

describe('a check of a store', () => {
  it('sees an event that is found by what it does not say', async () => {
    const { backend } = await store(day)
    for (const change of [
      { time: 5n },
      { type: 'x' },
      { task: 't9' },
      { agent: 'eve' },
      { severity: 1 },
      { id: 'other' },
    ]) {
      const changed = {
        ...backend,
        scan: async (scan: Scan) =>
          (await backend.scan(scan)).map((row) => (row.seq === 4 ? { ...row, ...change } : row)),
      }
      const history = createHistory(changed, { retentionMs: undefined, eventsMax: undefined }, fakeClock(T0))
      expect(await history.verify()).toMatchObject({ checked: 3, broken: { seq: 4, reason: 'misfiled' } })
    }
  })

  it('takes what was evicted meanwhile for no break', async () => {
    const { backend } = await store(day)
    let evicts = true
    const busy = {
      ...backend,
      async scan(scan: Scan) {
        if (evicts) await backend.evict(5)
        evicts = false
        return backend.scan(scan)
      },
    }
    const history = createHistory(busy, { retentionMs: undefined, eventsMax: undefined }, fakeClock(T0))
    expect(await history.verify()).toMatchObject({ checked: day.length - 5, broken: undefined })
  })
})

describe('a query', () => {
  it('finds a text as it is meant, however JSON writes it', async () => {
    const lines = [
      '{"id":"1","type":"a","data":{"what":"say \\"hi\\" at the caf\\u00e9\\nnow"}}',
      '{"id":"2","type":"a","data":{"what":"100 % of c:\\\\temp"}}',
    ]
    const { history } = await store(rowsOf(decode('logs', 'envelope', Buffer.from(lines.join('\n')))))
    const found = async (text: string) => (await history.query({ limit: 9, text })).rows.map(({ id }) => id)
    expect(await found('say "hi"')).toEqual(['1'])
    expect(await found('café\nnow')).toEqual(['1'])
    expect(await found('c:\\temp')).toEqual(['2'])
    expect(await found('0 % o')).toEqual(['2'])
    expect(await found('hi%')).toEqual([])
  })

  it('joins conditions, and goes on where the page before ended', async () => {
    const { history } = await store(day)
    const ids = async (query: object) => (await history.query({ limit: 100, ...query })).rows.map(({ type }) => type)
    expect(await ids({ patterns: ['task.*'], agent: 'ana' })).toEqual([
      'task.assigned',
      'task.progress.updated',
      'task.recovered',
    ])
    expect(await ids({ patterns: ['agent.>', 'project.created'] })).toEqual(['project.created', 'agent.registered'])
    expect(await ids({ text: '"progress":50' })).toEqual(['task.progress.updated'])
    expect(await ids({ where: ({ severity }: { severity: number }) => severity >= 13 })).toEqual(['task.recovered'])
    const first = await history.query({ limit: 5 })
    const rest = await history.query({ limit: 5, cursor: first.cursor! })
    expect([...first.rows, ...rest.rows].map(({ id }) => id)).toEqual(day.map(({ id }) => id))
    expect(rest.cursor).toBeUndefined()
  })
})

describe('writing', () => {
  it('puts what comes meanwhile together, in order, and rejects only those whose group failed', async () => {
    const groups: number[] = []
    const backend = memoryBackend()
    const first = Promise.withResolvers<void>()
    let fails = true
    const slow = {
      ...backend,
      async append(rows: readonly EventRow[]) {
        groups.push(rows.length)
        if (groups.length === 1) await first.promise
        if (groups.length === 2 && fails) throw new Error('the disk is full')
        return backend.append(rows)
      },
    }
    const history = createHistory(slow, { retentionMs: undefined, eventsMax: undefined }, fakeClock(T0))
    const answers = day.slice(0, 4).map((row) =>
      history.append([row]).then(
        () => 'stored',
        () => 'refused',
      ),
    )
    first.resolve()
    expect(await Promise.all(answers)).toEqual(['stored', 'refused', 'refused', 'refused'])
    expect(groups).toEqual([1, 3])
    fails = false
    await history.append(day)
    expect((await backend.scan({ afterSeq: 0, limit: 100 })).map(({ id }) => id)).toEqual(day.map(({ id }) => id))
  })
})
