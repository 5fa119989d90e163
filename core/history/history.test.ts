import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../kit/testing/fake-clock.ts'
import { logs } from '../model/index.ts'
import { event } from '../events/index.ts'
import { CHAIN_START, createChainCheck } from './chain.ts'
import { createHistory } from './history.ts'
import { memoryBackend } from './memory-backend.ts'
import { rowsOf } from './rows.ts'
import { applyEvent, emptyState, viewState, type SourcedEvent } from './state.ts'
import type { EventRow } from './types.ts'

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

describe('a query', () => {
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
