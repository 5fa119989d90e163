import { describe, expect, it } from 'vitest'
import { seeded, poisson } from '../../../test/setup/random-streams.ts'
import { patternsOf } from './report.ts'
import type { PatternEvent, PatternOptions } from './types.ts'

const T0 = Date.UTC(2026, 10, 23, 9)
const DAY_MS = 86_400_000

const happened = (type: string, seconds: number, more: Partial<PatternEvent> = {}): PatternEvent => ({
  time: T0 + seconds * 1_000,
  type,
  task: '',
  agent: '',
  taskName: '',
  agentName: '',
  severity: 9,
  ...more,
})
const report = (events: readonly PatternEvent[], options: Partial<PatternOptions> = {}) =>
  patternsOf(events, { since: T0, until: T0 + DAY_MS, timezone: 'UTC', top: 10, ...options })

/** A task given, reported on and completed, one second after the other times `pace`. */
const course = (n: number, pace = 1, agent = `a${n % 2}`): PatternEvent[] => {
  const about = { task: `t${n}`, agent, taskName: `Task ${n}` }
  return [
    happened('task.assigned', n * 100, about),
    happened('task.progress.updated', n * 100 + pace, about),
    happened('task.completed', n * 100 + 3 * pace, about),
  ]
}

describe('a pattern report', () => {
  it('counts types, so that they add up to all events, most frequent first', () => {
    const { total_events: total, event_types: types } = report([
      ...course(1),
      ...course(2),
      happened('a.b', 7),
      happened('a.b', 8),
      happened('a.b', 9),
    ])
    expect(total).toBe(9)
    expect(Object.entries(types)).toEqual([
      ['a.b', 3],
      ['task.assigned', 2],
      ['task.completed', 2],
      ['task.progress.updated', 2],
    ])
  })

  it('takes events in any order, and only those of the window', () => {
    const events = Array.from({ length: 5 }, (_, n) => course(n)).flat()
    const before = [happened('x.y', -10), happened('x.y', DAY_MS)]
    expect(report([...before, ...events.toReversed()])).toEqual(report(events))
  })

  it('ranks a sequence that was planted twenty times first, per task and per agent', () => {
    const noise = Array.from({ length: 60 }, (_, i) =>
      happened(['n.a', 'n.b', 'n.c', 'n.d', 'n.e'][(i * 7) % 5]!, i * 31, {
        task: `noise${i % 9}`,
        agent: `other${i % 4}`,
      }),
    )
    const planted = Array.from({ length: 20 }, (_, n) =>
      ['p.a', 'p.b', 'p.c'].map((type, i) => happened(type, n * 100 + i * (n + 1), { task: `t${n}`, agent: `g${n}` })),
    ).flat()
    const { common_sequences: found, transitions } = report([...noise, ...planted])
    const first = { sequence: ['p.a', 'p.b', 'p.c'], support: 20, median_seconds: 21, p90_seconds: 36.2 }
    expect(found.by_task[0]).toEqual(first)
    expect(found.by_agent[0]).toEqual(first)
    // What only ever comes inside it is not told again.
    expect(found.by_task.filter(({ sequence }) => sequence.join() === 'p.a,p.b')).toEqual([])
    expect(transitions.by_task[0]).toEqual({
      from: 'p.a',
      to: 'p.b',
      count: 20,
      median_seconds: 10.5,
      p90_seconds: 18.1,
    })
  })

  it('tells what goes round by one round, and runs of one type as one', () => {
    const types = ['c', 'a', 'b', 'a', 'b', 'a', 'b', 'b', 'b', 'a', 'b', 'd']
    const { common_sequences: found } = report(
      [1, 2].flatMap((k) => types.map((type, i) => happened(type, i, { agent: `g${k}` }))),
    )
    expect(found.by_agent.map(({ sequence, support }) => [sequence.join(''), support])).toEqual([
      ['ab', 8],
      ['ba', 6],
      ['babd', 2],
      ['caba', 2],
    ])
  })

  it('follows failures to where they lead, and says how long the way back takes', () => {
    const task = { task: 't1', agent: 'a1' }
    const { failures, recoveries, retries } = report([
      happened('task.assigned', 0, task),
      happened('task.blocked', 10, task),
      happened('task.unblocked', 70, task),
      happened('task.assigned', 80, task),
      happened('agent.silent', 300, task),
      happened('task.recovered', 400, task),
      happened('task.assigned', 430, { ...task, agent: 'a2' }),
      happened('task.completion.refused', 500, { ...task, agent: 'a2' }),
      happened('task.completed', 520, { ...task, agent: 'a2' }),
      happened('task.blocked', 600, { task: 't2' }),
      happened('llm.failed', 700, { severity: 17 }),
    ])
    expect(failures).toEqual([
      { type: 'task.blocked', count: 2, tasks: 2, agents: 1, next: { type: 'task.unblocked', count: 1 } },
      { type: 'agent.silent', count: 1, tasks: 1, agents: 1, next: { type: 'task.recovered', count: 1 } },
      { type: 'llm.failed', count: 1, tasks: 0, agents: 0, next: null },
      { type: 'task.completion.refused', count: 1, tasks: 1, agents: 1, next: { type: 'task.completed', count: 1 } },
      { type: 'task.recovered', count: 1, tasks: 1, agents: 1, next: { type: 'task.assigned', count: 1 } },
    ])
    const one = (seconds: number) => ({ count: 1, median_seconds: seconds, p90_seconds: seconds })
    expect(recoveries).toEqual([
      { from: 'task.blocked', to: 'task.unblocked', open: 1, ...one(60) },
      { from: 'task.recovered', to: 'task.assigned', open: 0, ...one(30) },
      { from: 'task.recovered', to: 'task.completed', open: 0, ...one(120) },
      { from: 'task.completion.refused', to: 'task.completed', open: 0, ...one(20) },
      { from: 'agent.silent', to: 'agent.resumed', open: 1, count: 0, median_seconds: null, p90_seconds: null },
    ])
    expect(retries).toEqual([
      { task_id: 't1', task_name: 't1', attempts: 3, recoveries: 1, refusals: 1, status: 'done' },
    ])
  })

  it('finds slow tasks against the median, and stuck ones against how long tasks are silent otherwise', () => {
    const events = [...[1, 2, 3, 4, 5].flatMap((n) => course(n)), ...course(6, 30, 'a9')]
    const held = happened('task.assigned', 50, { task: 'held', agent: 'a7', taskName: 'Held' })
    const blocked = [
      happened('task.assigned', 60, { task: 'wall', agent: 'a8' }),
      happened('task.blocked', 100, { task: 'wall', agent: 'a8' }),
    ]
    const lives = [...events, held, ...blocked, happened('task.created', 1, { task: 'later' })]
    const { tasks } = report(lives, { until: T0 + 700_100 })
    expect(tasks).toMatchObject({ seen: 9, completed: 6, open: 3, duration: { count: 6, median_seconds: 3 } })
    expect(tasks.slow).toEqual([{ task_id: 't6', task_name: 'Task 6', agent: 'a9', seconds: 90, times: 30 }])
    expect(tasks.stuck_after_seconds).toBe(600)
    expect(tasks.stuck).toEqual([
      {
        task_id: 'held',
        task_name: 'Held',
        agent: 'a7',
        status: 'in_progress',
        last_type: 'task.assigned',
        idle_seconds: 650.1,
      },
      {
        task_id: 'wall',
        task_name: 'wall',
        agent: 'a8',
        status: 'blocked',
        last_type: 'task.blocked',
        idle_seconds: 600.1,
      },
    ])
    expect(report(lives, { until: T0 + 640_000 }).tasks.stuck).toEqual([])
  })

  it('tells what became of what each agent was given', () => {
    const about = { task: 'lost', agent: 'a0' }
    const { agents } = report([
      ...course(0),
      ...course(2, 2),
      happened('task.assigned', 400, about),
      happened('task.recovered', 900, about),
      happened('agent.registered', 1, { agent: 'a5', agentName: 'Eve' }),
      happened('task.completed', 2, { task: 'own', agent: 'Marcus' }),
    ])
    expect(agents).toMatchObject([
      {
        agent_id: 'a0',
        assigned: 3,
        completed: 2,
        recovered: 1,
        events: 8,
        duration: { count: 2, median_seconds: 4.5 },
      },
      { agent_id: 'a5', agent_name: 'Eve', assigned: 0, completed: 0, events: 1, cadence: { count: 0 } },
    ])
    expect(agents).toHaveLength(2)
  })

  it('counts hours on the clock of a place, weekdays apart', () => {
    const events = [happened('a.b', 0), happened('a.b', 100), happened('a.b', 15 * 3_600)]
    const { by_hour: utc, by_weekday: days } = report(events).hours
    expect([utc[9], utc[0]]).toEqual([2, 1])
    expect([days[0]![9], days[1]![0]]).toEqual([2, 1])
    const kolkata = report(events, { timezone: 'Asia/Kolkata' }).hours
    expect([kolkata.by_hour[14], kolkata.by_hour[5]]).toEqual([2, 1])
  })

  it('finds a planted spike and a planted gap from the days before, and nothing in a quiet hour', () => {
    const until = T0 + DAY_MS
    const times = poisson(seeded(5), T0 - 7 * DAY_MS, until, 120)
    const spike = T0 + 6 * 3_600_000
    const gap = T0 + 12 * 3_600_000
    const events = [
      ...times.filter((time) => time < gap || time > gap + 3_600_000),
      ...Array.from({ length: 300 }, (_, i) => spike + i * 2_000),
    ].map((time) => happened('task.progress.updated', (time - T0) / 1_000))
    const { anomalies } = report(events)
    expect(anomalies.learning).toBe(false)
    const begun = anomalies.findings.filter(({ ended }) => !ended)
    expect(begun.map(({ kind }) => kind)).toEqual(['volume_spike', 'volume_gap'])
    expect(Math.abs(begun[0]!.at - spike)).toBeLessThan(1_800_000)
    expect(Math.abs(begun[1]!.start - gap)).toBeLessThan(600_000)
    expect(report(events, { since: T0 + 2 * 3_600_000, until: T0 + 3 * 3_600_000 }).anomalies.findings).toEqual([])
    expect(report(events.filter(({ time }) => time > T0 + DAY_MS / 2)).anomalies).toEqual({
      learning: true,
      findings: [],
    })
  })

  it('is a report of nothing where nothing happened', () => {
    const { total_events: total, event_types: types, tasks, anomalies } = report([])
    expect({ total, types, seen: tasks.seen, anomalies }).toEqual({
      total: 0,
      types: {},
      seen: 0,
      anomalies: { learning: true, findings: [] },
    })
  })
})
