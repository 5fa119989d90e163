import { describe, expect, it } from 'vitest'
import type { Fact } from './observation.ts'
import { card, instant, story, type Story, type Told, assigned, registered, report, yes } from './testing.ts'

const toolSaid = (
  agent: string,
  task: string,
  ok: boolean,
  progress: number,
  status: string,
  reason?: string,
): Fact => ({
  kind: 'answer',
  to: 'report',
  via: 'tool',
  agent,
  task,
  ok,
  progress,
  status,
  ...(reason === undefined ? {} : { reason }),
})

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

describe('reports', () => {
  it('wait for the answer, whichever is read first, and come once from two files', () => {
    const it = working()
    it.tell(20, 'conversations', report('a', 't', 25))
    expect(tasks(it)).toEqual([])
    it.tell(20.001, 'agent_events', report('a', 't', 25))
    it.tell(20.1, 'conversations', yes('a', 25))
    it.tell(20.101, 'conversations', toolSaid('a', 't', true, 25, 'in_progress'))
    it.silence(60)
    expect(tasks(it)).toMatchObject([
      { type: 'task.progress.updated', at: 20, data: { progress: 25, task_name: 'Card t', agent_name: 'a' } },
    ])
    it.tell(70.1, 'conversations', toolSaid('a', 't', true, 50, 'in_progress'))
    it.tell(70, 'conversations', report('a', 't', 50))
    it.silence(90)
    expect(tasks(it)).toMatchObject([{ data: { progress: 50, old_progress: 25, regressed: false } }])
  })

  it('say so when no answer came, and nothing follows from them', () => {
    const it = working()
    it.tell(20, 'agent_events', report('a', 't', 25))
    it.silence(22.1)
    expect(tasks(it)).toMatchObject([{ data: { progress: 25, accepted: 'unknown' } }])
    it.tell(30, 'agent_events', report('a', 't', 100, 'completed'))
    it.silence(100)
    expect(tasks(it)).toEqual([])
    it.silence(211)
    expect(types(tasks(it))).toEqual(['task.progress.updated'])
  })

  it('are given up when Marcus is started anew', () => {
    const it = working()
    it.tell(30, 'agent_events', report('a', 't', 100, 'completed'))
    it.tell(40, 'realtime', { kind: 'boot' })
    expect(tasks(it)).toMatchObject([{ type: 'task.progress.updated', data: { accepted: 'unknown' } }])
  })

  it('fall, and are said to', () => {
    const it = working()
    for (const [at, progress] of [
      [20, 75],
      [30, 40],
    ] as const) {
      it.tell(at, 'conversations', report('a', 't', progress))
      it.tell(at + 0.1, 'conversations', yes('a', progress))
    }
    expect(tasks(it).at(-1)).toMatchObject({ data: { progress: 40, old_progress: 75, regressed: true } })
  })

  it('about tasks that exist nowhere are refused, though Marcus says yes', () => {
    const it = working()
    it.tell(20, 'conversations', report('a', 'nowhere', 30))
    it.tell(20.1, 'conversations', yes('a', 30))
    expect(tasks(it)).toEqual([])
    it.silence(30)
    expect(tasks(it)).toMatchObject([{ type: 'task.progress.refused', data: { reason: 'unknown_task' } }])
  })

  it('about a card the board shows a moment later are taken', () => {
    const it = working()
    it.tell(20, 'conversations', report('a', 'new', 30))
    it.tell(20.1, 'conversations', yes('a', 30))
    it.tell(20.5, 'kanban', {
      kind: 'card',
      card: card('new', 'in_progress', 19, { createdAt: instant(19) }),
      created: true,
    })
    it.silence(30)
    expect(types(tasks(it))).toEqual(['task.created', 'task.progress.updated'])
  })
})

describe('completion', () => {
  it('is told once, from the report, the row and the board alike', () => {
    const it = working()
    it.tell(30, 'conversations', report('a', 't', 100, 'completed'))
    it.tell(30.1, 'marcus_db', { kind: 'outcome_event', agent: 'a', task: 't', success: true, doneAt: instant(30.05) })
    it.tell(30.2, 'kanban', { kind: 'card', card: card('t', 'done', 30.2, { assignedTo: 'a' }) })
    it.tell(30.3, 'conversations', yes('a', 100, 'completed'))
    it.silence(60)
    const events = it.events()
    expect(types(events).filter((type) => type.startsWith('task.'))).toEqual([
      'task.progress.updated',
      'task.completed',
    ])
    expect(events.find(({ type }) => type === 'task.completed')).toMatchObject({
      data: { by: 'agent', agent_id: 'a', duration_seconds: 20.3 },
    })
    expect(events.filter(({ type }) => type === 'agent.status.changed')).toMatchObject([
      { data: { old_status: 'active', new_status: 'idle' } },
    ])
  })

  it('refused and then accepted is a refusal and a completion', () => {
    const it = working()
    it.tell(30, 'conversations', report('a', 't', 100, 'completed'))
    it.tell(30.5, 'conversations', toolSaid('a', 't', false, 100, 'completed', 'smoke_verification_failed'))
    it.tell(31, 'conversations', report('a', 't', 100, 'completed'))
    it.tell(31.2, 'conversations', yes('a', 100, 'completed'))
    it.tell(31.3, 'conversations', toolSaid('a', 't', true, 100, 'completed'))
    it.silence(60)
    expect(types(tasks(it))).toEqual(['task.completion.refused', 'task.progress.updated', 'task.completed'])
  })

  it('waits long for a slow answer, and a row that came before the last check proves nothing', () => {
    const it = working()
    it.tell(30, 'conversations', report('a', 't', 100, 'completed'))
    it.tell(30.5, 'marcus_db', { kind: 'outcome_event', agent: 'a', task: 't', success: true, doneAt: instant(30.4) })
    it.silence(90)
    expect(tasks(it)).toEqual([])
    it.tell(91, 'conversations', toolSaid('a', 't', false, 100, 'completed', 'no_commits'))
    it.silence(120)
    expect(types(tasks(it))).toEqual(['task.completion.refused'])
  })

  it('comes with 100 % in progress too; the agent then holds a finished task and is not silent', () => {
    const it = working()
    it.tell(30, 'conversations', report('a', 't', 100))
    it.tell(30.1, 'conversations', yes('a', 100))
    it.silence(1_000)
    const events = it.events()
    expect(types(events)).toContain('task.completed')
    expect(types(events)).not.toContain('agent.silent')
  })

  it('of design cards is Marcus’s, of parents their subtasks’, of cards moved by hand a person’s', () => {
    const it = working()
    it.tell(2, 'subtasks', {
      kind: 'subtask',
      id: 'u_sub_1',
      parent: 'u',
      name: 'Half',
      priority: 'low',
      dependsOn: [],
    })
    it.tell(20, 'kanban', { kind: 'card', card: card('d', 'done', 20, { assignedTo: 'Marcus' }) })
    it.tell(21, 'realtime', { kind: 'auto_complete', agent: 'a', task: 'u' })
    it.tell(22, 'kanban', { kind: 'card', card: card('t', 'done', 22) })
    it.silence(40)
    const done = it.events('task.completed').map(({ data }) => [data['task_id'], data['by'], data['agent_id']])
    expect(done).toEqual([
      ['d', 'marcus', 'Marcus'],
      ['u', 'subtasks', 'a'],
      ['t', 'person', undefined],
    ])
  })

  it('of a card made done is its creation only', () => {
    const it = working()
    it.tell(20, 'kanban', { kind: 'card', card: card('x', 'done', 20, { createdAt: instant(20) }) })
    it.silence(40)
    expect(tasks(it)).toMatchObject([{ type: 'task.created', data: { status: 'done' } }])
  })
})

describe('blockers', () => {
  const blocker = (agent: string, task: string): Fact => ({
    kind: 'blocker',
    agent,
    task,
    severity: 'high',
    description: 'no datum',
  })
  const acknowledged = (agent: string): Fact => ({ kind: 'answer', to: 'blocker', via: 'line', agent, ok: true })

  it('have the severity of the report, and end when the card is put back', () => {
    const it = working()
    it.tell(20, 'conversations', blocker('a', 't'))
    it.tell(20.05, 'kanban', { kind: 'card', card: card('t', 'blocked', 20.05, { assignedTo: 'a' }) })
    it.tell(20.1, 'conversations', acknowledged('a'))
    it.tell(50, 'kanban', { kind: 'card', card: card('t', 'todo', 50) })
    it.silence(90)
    const events = it.events()
    expect(events.filter(({ type }) => type.startsWith('task.'))).toMatchObject([
      { type: 'task.blocked', data: { severity: 'high', description: 'no datum', agent_id: 'a' } },
      { type: 'task.unblocked', at: 50, data: { blocked_seconds: 29.9 }, metadata: { derived: true } },
    ])
    expect(types(events)).toContain('agent.status.changed')
  })

  it('that nobody saw ended are over when the card is given out again', () => {
    const it = working()
    it.tell(20, 'conversations', blocker('a', 't'))
    it.tell(20.1, 'conversations', acknowledged('a'))
    it.tell(80, 'realtime', assigned('b', 't'))
    expect(tasks(it)).toMatchObject([
      { type: 'task.blocked' },
      { type: 'task.unblocked', at: 80, metadata: { time_range: expect.any(Array) as unknown } },
      { type: 'task.assigned', at: 80 },
    ])
  })

  it('on subtasks change nothing, so each is told and none ends', () => {
    const it = working()
    it.tell(2, 'subtasks', {
      kind: 'subtask',
      id: 't_sub_1',
      parent: 't',
      name: 'Half',
      priority: 'low',
      dependsOn: [],
    })
    for (const [at, agent] of [
      [20, 'a'],
      [22, 'b'],
      [24, 'a'],
    ] as const) {
      it.tell(at, 'realtime', assigned(agent, 't_sub_1'))
      it.tell(at + 0.5, 'conversations', blocker(agent, 't_sub_1'))
      it.tell(at + 0.6, 'conversations', acknowledged(agent))
    }
    it.silence(40)
    const events = tasks(it)
    expect(types(events).filter((type) => type === 'task.blocked')).toHaveLength(3)
    expect(types(events).filter((type) => type === 'task.assigned')).toHaveLength(3)
    expect(types(events)).not.toContain('task.unblocked')
  })

  it('that Marcus refused are errors of the tool', () => {
    const it = working()
    it.tell(20, 'conversations', blocker('a', 't'))
    it.tell(20.1, 'conversations', {
      kind: 'answer',
      to: 'blocker',
      via: 'tool',
      agent: 'a',
      task: 't',
      ok: false,
      reason: 'not_task_holder',
    })
    expect(it.events()).toMatchObject([
      { type: 'system.error', data: { tool: 'report_blocker', code: 'not_task_holder' } },
    ])
  })
})

describe('silence', () => {
  it('is told once, at the last sign of life and the threshold, and ends with the next sign', () => {
    const it = working()
    it.tell(20, 'conversations', report('a', 't', 25))
    it.tell(20.1, 'conversations', yes('a', 25))
    it.events()
    it.silence(500)
    expect(it.events()).toMatchObject([
      { type: 'agent.silent', at: 260.1, data: { by: 'threshold', task_id: 't', silent_seconds: 240 } },
      { type: 'agent.status.changed', data: { new_status: 'offline' } },
    ])
    it.tell(510, 'realtime', { kind: 'request', agent: 'a' })
    expect(types(it.events())).toEqual(['agent.resumed', 'agent.status.changed', 'agent.work.requested'])
  })

  it('waits longer for an agent that is always slow', () => {
    const it = working()
    for (let at = 100; at <= 1_000; at += 100) it.tell(at, 'conversations', { kind: 'life', agent: 'a' })
    it.events()
    it.silence(1_399)
    expect(it.events('agent.silent')).toEqual([])
    it.silence(1_401)
    expect(it.events('agent.silent')).toMatchObject([{ at: 1_400, data: { expected_gap_seconds: 100 } }])
  })

  it('does not run while Marcus is away', () => {
    const it = working()
    it.tell(20, 'conversations', { kind: 'life', agent: 'a' })
    it.tell(400, 'realtime', { kind: 'boot' })
    it.silence(600)
    expect(it.events('agent.silent')).toEqual([])
    it.silence(700)
    expect(it.events('agent.silent')).toMatchObject([{ at: 640 }])
  })

  it('by a lease comes just before the recovery, whose time is the comment’s', () => {
    const it = working()
    it.tell(100, 'text_log', { kind: 'recovering', task: 't', agent: 'a' })
    expect(it.events()).toEqual([])
    it.tell(101, 'kanban', { kind: 'recovered', card: 't', agent: 'a' })
    expect(it.events()).toMatchObject([
      { type: 'agent.silent', data: { by: 'lease' } },
      { type: 'agent.status.changed', data: { new_status: 'offline' } },
      { type: 'task.recovered', at: 101, data: { recoveries: 1, silent_seconds: 91 } },
    ])
    it.silence(900)
    expect(types(it.events())).toEqual(['project.status.updated'])
  })

  it('a recovery that was told without its time is told once, whenever the comment comes', () => {
    const it = working()
    it.domain.world.single['board'] = false
    it.tell(100, 'text_log', { kind: 'recovering', task: 't', agent: 'a' })
    it.silence(110)
    expect(it.events('task.recovered')).toMatchObject([{ at: 104, data: { recoveries: 1 } }])
    it.tell(195, 'kanban', { kind: 'recovered', card: 't', agent: 'a' })
    it.silence(300)
    expect(it.events('task.recovered')).toEqual([])
    // The next one is another.
    it.tell(400, 'realtime', assigned('a', 't'))
    it.tell(700, 'text_log', { kind: 'recovering', task: 't', agent: 'a' })
    it.tell(701, 'kanban', { kind: 'recovered', card: 't', agent: 'a' })
    expect(it.events('task.recovered')).toMatchObject([{ at: 701, data: { recoveries: 2 } }])
  })

  it('a board that lies there is waited for, although no card of it was judged yet', () => {
    const it = working()
    Object.assign(it.domain.world.single, { board: false, boardThere: true })
    it.tell(100, 'text_log', { kind: 'recovering', task: 't', agent: 'a' })
    it.silence(190)
    expect(it.events('task.recovered')).toEqual([])
    it.tell(195, 'kanban', { kind: 'recovered', card: 't', agent: 'a' })
    expect(it.events('task.recovered')).toMatchObject([{ at: 195, data: { recoveries: 1 } }])
  })

  it('a recovered subtask is named by the log, its comment stands on the parent’s card', () => {
    const it = working()
    it.tell(20, 'realtime', assigned('b', 't_sub_1'))
    it.tell(300, 'kanban', { kind: 'recovered', card: 't', agent: 'b' })
    it.tell(300.1, 'text_log', { kind: 'recovering', task: 't_sub_1', agent: 'b' })
    expect(it.events('task.recovered')).toMatchObject([{ at: 300, data: { task_id: 't_sub_1' } }])
  })
})
