import { describe, expect, it } from 'vitest'
import { createTables } from './domain/table.ts'
import type { Fact } from './observation.ts'
import { card, story, type Story, type Told, assigned, registered, report, yes } from './testing.ts'

/** One agent, one project of two cards, the first of which it holds since second 10. */
const working = (): Story => {
  const it = story()
  it.tell(1, 'realtime', { kind: 'boot' })
  for (const id of ['t', 'u']) it.tell(2, 'kanban', { kind: 'card', card: card(id, 'todo', 0), created: true })
  it.tell(5, 'realtime', registered('a'))
  it.tell(10, 'realtime', assigned('a', 't'))
  it.silence(11)
  it.events()
  return it
}
const types = (events: readonly Told[]): string[] => events.map(({ type }) => type)
const tasks = (it: Story): Told[] => it.events().filter(({ type }) => type.startsWith('task.'))

describe('restarts', () => {
  it('drop who has not come back in two minutes; who goes on unregistered is alive', () => {
    const it = working()
    it.tell(11, 'realtime', registered('b'))
    it.tell(12, 'realtime', registered('c'))
    it.events()
    it.tell(100, 'realtime', { kind: 'boot' })
    it.tell(110, 'realtime', registered('b'))
    it.tell(120, 'conversations', { kind: 'life', agent: 'a' })
    expect(types(it.events()).slice(0, 1)).toEqual(['system.stopped'])
    it.silence(221)
    const events = it.events()
    expect(events.filter(({ type }) => type === 'agent.deregistered').map(({ data }) => data['agent_id'])).toEqual([
      'a',
      'c',
    ])
    expect(events.filter(({ type }) => type === 'agent.status.changed').map(({ data }) => data['agent_id'])).toEqual([
      'c',
    ])
  })

  it('are told once, with the pid when the service file is read', () => {
    const it = story()
    it.tell(1, 'realtime', { kind: 'boot' })
    it.tell(1.2, 'services', { kind: 'boot', pid: 7 })
    it.tell(1.3, 'marcus_db', { kind: 'boot' })
    it.tell(60, 'realtime', { kind: 'boot' })
    it.tell(60.1, 'services', { kind: 'boot', pid: 8 })
    it.silence(70)
    expect(it.events('system.started', 'system.stopped', 'system.config.changed')).toMatchObject([
      { type: 'system.started', data: { pid: 7, boot: 1 } },
      { type: 'system.stopped', data: { pid: 7, boot: 1 } },
      { type: 'system.started', data: { pid: 8, boot: 2 } },
      { type: 'system.config.changed', data: { diff: { pid: { from: 7, to: 8 } } } },
    ])
  })

  it.each([
    ['line before file', ['realtime', 'services']],
    ['file before line', ['services', 'realtime']],
  ] as const)('are two when they lie seconds apart: %s', (_, order) => {
    const it = story()
    const boot = (at: number, pid: number): void => {
      for (const source of order) {
        if (source === 'realtime') it.tell(at, 'realtime', { kind: 'boot' })
        else it.tell(at + 0.03, 'services', { kind: 'boot', pid })
      }
    }
    boot(1, 7)
    boot(8, 8)
    it.silence(20)
    expect(it.events('system.started', 'system.stopped')).toMatchObject([
      { type: 'system.started', at: 1, data: { pid: 7, boot: 1 } },
      { type: 'system.stopped', at: 8, data: { pid: 7, boot: 1 } },
      { type: 'system.started', at: 8, data: { pid: 8, boot: 2 } },
    ])
  })

  it('an end that was found afterwards lies somewhere since the last trace, and nobody was silent then', () => {
    const it = working()
    const before = it.events().length
    it.tell(900, 'services', { kind: 'stopped', pid: undefined, found: true })
    it.silence(2_000)
    expect(it.events().slice(before)).toMatchObject([{ type: 'system.stopped', at: 900 }])
  })

  it('one outage is one event, and nothing is derived about agents in it', () => {
    const it = working()
    it.tell(20, 'mcp', { kind: 'unreachable', endpoint: 'e' })
    it.tell(25, 'mcp', { kind: 'unreachable', endpoint: 'e' })
    it.silence(600)
    it.tell(610, 'mcp', { kind: 'reachable', endpoint: 'e' })
    expect(it.events()).toMatchObject([
      { type: 'system.unreachable', at: 20 },
      { type: 'system.recovered', data: { outage_seconds: 590 } },
    ])
    it.silence(830)
    expect(it.events('agent.silent')).toEqual([])
    it.silence(850)
    expect(it.events('agent.silent')).toMatchObject([{ at: 840 }])
  })
})

describe('assignments', () => {
  it('come once from five places, and again only after the task was taken away', () => {
    const it = story()
    it.tell(9.9, 'conversations', assigned('a', 't'))
    it.tell(10, 'realtime', assigned('a', 't'))
    it.tell(10.001, 'agent_events', assigned('a', 't'))
    it.tell(10.002, 'marcus_db', assigned('a', 't'))
    it.tell(9.95, 'assignments', assigned('a', 't'))
    it.silence(20)
    expect(it.events('task.assigned')).toHaveLength(1)
    it.tell(30, 'realtime', { kind: 'unassigned', agent: 'a', task: 't', by: 'manual_intervention' })
    it.tell(9.95, 'assignments', assigned('a', 't'))
    it.tell(40, 'realtime', assigned('a', 't'))
    it.silence(60)
    expect(it.events('task.assigned', 'task.unassigned').map(({ at }) => at)).toEqual([30, 40])
  })

  it('are told by another source when the best is missing', () => {
    const it = story()
    it.tell(10, 'agent_events', assigned('a', 't'))
    expect(it.events('task.assigned')).toEqual([])
    it.silence(12)
    expect(it.events('task.assigned')).toMatchObject([{ at: 10 }])
  })
})

describe('the assignments file', () => {
  it('tells nothing where logs can be read: Marcus makes a lease for whoever reports, on whatever task', () => {
    const it = story()
    it.tell(1, 'realtime', assigned('a', 't'))
    it.tell(5, 'assignments', assigned('a', 'no-such-task'))
    it.tell(6, 'assignments', assigned('a', 't'))
    it.silence(20)
    expect(it.events('task.assigned')).toMatchObject([{ at: 1 }])
  })

  it('is believed where it is all there is', () => {
    const it = story()
    it.tell(5, 'assignments', assigned('a', 't'))
    it.silence(20)
    expect(it.events('task.assigned')).toMatchObject([{ at: 5 }])
  })
})

describe('projects', () => {
  it('reach a quarter once, and end by Marcus’s own rule', () => {
    const it = story()
    for (const id of ['1', '2', '3', '4'])
      it.tell(1, 'kanban', { kind: 'card', card: card(id, 'todo', 0), created: true })
    for (const [index, id] of ['1', '2', '3', '4'].entries()) {
      it.tell(10 + index, 'kanban', { kind: 'card', card: card(id, 'done', 10 + index, { assignedTo: 'Marcus' }) })
    }
    it.silence(30)
    expect(it.events('project.milestone.reached').map(({ data }) => data['percent'])).toEqual([25, 50, 75, 100])
  })

  it('are switched to when another becomes active, not when the same is chosen again', () => {
    const it = story()
    for (const [at, id] of [
      [1, 'p'],
      [2, 'p'],
      [3, 'q'],
      [4, 'p'],
    ] as const) {
      it.tell(at, 'conversations', { kind: 'active_project', id })
      it.tell(at + 0.1, 'projects', { kind: 'active_project', id })
    }
    it.silence(20)
    expect(it.events('project.switched').map(({ data }) => [data['old_project_id'], data['project_id']])).toEqual([
      [undefined, 'p'],
      ['p', 'q'],
      ['q', 'p'],
    ])
  })

  it('collapse their making into one event with its duration', () => {
    const it = story()
    it.tell(10, 'realtime', { kind: 'creating', name: 'Tides' })
    it.tell(15, 'realtime', { kind: 'created', name: 'Tides', ok: true, count: 12 })
    it.tell(15.1, 'projects', { kind: 'project', id: 'p', name: 'Tides' })
    it.tell(15.5, 'realtime', { kind: 'created_id', name: 'Tides', id: 'p' })
    it.silence(30)
    expect(it.events('project.created')).toMatchObject([{ at: 15, data: { task_count: 12, duration_seconds: 5 } }])
  })
})

describe('polls', () => {
  it('tell what differs from the last answer, with utilization only where it is known', () => {
    const it = story()
    const answer = (status: string): Fact => ({
      kind: 'agents_polled',
      agents: [{ id: 'a', name: 'Ana', role: 'Dev', status, skills: [], tasks: status === 'working' ? ['t'] : [] }],
    })
    it.tell(0, 'realtime', { kind: 'boot' })
    it.tell(1, 'mcp', answer('available'))
    it.tell(2, 'mcp', answer('available'))
    it.tell(3, 'mcp', answer('working'))
    expect(it.events('agent.status.updated')).toMatchObject([
      { data: { status: 'available', current_task: null, utilization: 0, utilization_known: false } },
      { data: { status: 'working', current_task: 't' } },
    ])
    it.tell(4, 'mcp', { kind: 'agents_polled', agents: [] })
    expect(it.events('agent.deregistered')).toMatchObject([{ data: { agent_id: 'a', reason: 'left_list' } }])
  })

  it('that contradict the board are no events', () => {
    const it = working()
    it.tell(20, 'mcp', {
      kind: 'project_polled',
      id: 'p',
      name: 'P',
      total: 99,
      completed: 1,
      active: 1,
      blocked: 0,
      percent: 1,
    })
    expect(it.events('project.status.updated')).toEqual([])
  })
})

describe('identity', () => {
  const day = (it: Story, from = 0, to = Infinity): void => {
    const steps: [number, () => void][] = [
      [1, () => it.tell(1, 'realtime', { kind: 'boot' })],
      [5, () => it.tell(5, 'realtime', registered('a'))],
      [10, () => it.tell(10, 'realtime', assigned('a', 't'))],
      [20, () => it.tell(20, 'conversations', report('a', 't', 50))],
      [21, () => it.tell(20.1, 'conversations', yes('a', 50))],
      [30, () => it.tell(30, 'conversations', report('a', 't', 50))],
      [31, () => it.tell(30.1, 'conversations', yes('a', 50))],
      [40, () => it.tell(40, 'conversations', report('a', 't', 100, 'completed'))],
      [41, () => it.tell(40.2, 'conversations', yes('a', 100, 'completed'))],
    ]
    for (const [at, run] of steps) if (at >= from && at < to) run()
  }

  it('is the same in every run, and the same over a restart at any place', () => {
    const whole = story()
    day(whole)
    const ids = whole.events().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const cut of [1, 6, 15, 20.5, 25, 30.5, 40.5]) {
      const before = story()
      day(before, 0, cut)
      const first = before.events().map(({ id }) => id)
      const saved = createTables('state/')
      saved.load(
        before.tables.changes().flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
      )
      const after = story(saved)
      day(after, cut)
      expect([...first, ...after.events().map(({ id }) => id)]).toEqual(ids)
    }
  })

  it('does not depend on which trace was read first', () => {
    const forth = story()
    const back = story()
    const traces: [number, 'realtime' | 'agent_events' | 'marcus_db'][] = [
      [10, 'realtime'],
      [10.001, 'agent_events'],
      [10.002, 'marcus_db'],
    ]
    for (const [at, source] of traces) forth.tell(at, source, assigned('a', 't'))
    for (const [at, source] of traces.toReversed()) back.tell(at, source, assigned('a', 't'))
    back.silence(20)
    expect(back.events('task.assigned').map(({ id }) => id)).toEqual(forth.events('task.assigned').map(({ id }) => id))
  })

  it('a line that is written twice is one', () => {
    const it = working()
    for (let times = 0; times < 2; times++) {
      it.tell(20, 'conversations', report('a', 't', 25))
      it.tell(20.1, 'conversations', yes('a', 25))
    }
    it.silence(40)
    expect(tasks(it)).toHaveLength(1)
  })
})
