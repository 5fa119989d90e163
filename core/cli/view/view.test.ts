import { describe, expect, it } from 'vitest'
import { eventLine, sentence } from './event-line.ts'
import { liveScreen } from './live-screen.ts'
import { bar, renderNow, velocity, type NowView } from './now-view.ts'
import { cell, columnsOf, fit, paint, plain } from './paint.ts'
import { summary } from './summary.ts'

const none = paint(false)
const at = Date.UTC(2026, 10, 23, 17, 53, 10)

const view: NowView = {
  at,
  marcus: { state: 'up', since: at - 276_000, pid: 28912, endpoint: 'ok' },
  agents: [
    {
      agent_id: 'agent-ana',
      name: 'Ana',
      role: 'Backend Developer',
      status: 'idle',
      last_sign: at - 9_000,
      silent: false,
    },
    {
      agent_id: 'agent-dimi',
      name: 'Dimi',
      role: 'Data Engineer',
      status: 'offline',
      task_id: 't1',
      task_name: 'Implement Unit Conversion',
      progress: 25,
      last_sign: at - 245_000,
      silent: true,
    },
    { agent_id: 'agent-eve', name: '', role: '', status: 'active', task_id: 't2', silent: false },
  ],
  blockers: [
    {
      task_id: 't3',
      task_name: 'Implement Prediction import',
      agent_id: 'agent-eve',
      severity: 'high',
      description: 'The file has no datum column',
      since: at - 226_000,
    },
  ],
  tasks: [],
  projects: [
    {
      project_id: 'p1',
      project_name: 'Tide Tables',
      active: true,
      total: 12,
      completed: 9,
      in_progress: 1,
      blocked: 1,
      progress: 75,
      completions: [at - 240_000, at - 120_000, at - 60_000],
    },
  ],
}

describe('what is happening now', () => {
  it('shows agents, tasks, silence, blockers and progress', () => {
    expect(renderNow(view, { columns: 100, paint: none }).join('\n')).toBe(
      [
        'Marcus is up for 5 min (pid 28912), endpoint ok · 17:53:10 UTC',
        'Tide Tables      ████████████░░░░  75 %  9 of 12 done · 1 active · 1 blocked · 45/h · last 60 s ago',
        'blocked for 4 min (high) by Eve: "Implement Prediction import": The file has no datum column'.replace(
          'Eve',
          'agent-eve',
        ),
        '',
        'agent         status      done  task                                          last sign',
        'agent-eve     active            t2                                                    –',
        'Ana           idle                                                                  9 s',
        'Dimi          silent      25 %  Implement Unit Conversion                         4 min',
      ].join('\n'),
    )
  })

  it('says so when there is nothing yet', () => {
    const empty: NowView = {
      at,
      marcus: { state: 'unknown', endpoint: 'none' },
      agents: [],
      blockers: [],
      tasks: [],
      projects: [],
    }
    expect(renderNow(empty, { columns: 80, paint: none })).toEqual([
      'Marcus is unknown, read from its files alone · 17:53:10 UTC',
      '',
      'No agent has registered yet.',
    ])
  })

  it('fits any width and knows no velocity from one completion', () => {
    for (const columns of [40, 60, 80, 200]) {
      for (const line of renderNow(view, { columns, paint: none }))
        expect(columnsOf(line)).toBeLessThanOrEqual(Math.max(columns, 64))
    }
    expect(velocity({ ...view.projects[0]!, completions: [at] }, at)).toBeUndefined()
    expect(bar(0.5, 4)).toBe('██░░')
    expect(bar(7, 4)).toBe('████')
  })
})

describe('an event as a line', () => {
  const options = { columns: 100, paint: none }
  it('says who and what', () => {
    const assigned = {
      type: 'task.assigned',
      timestamp: '2026-11-23T17:48:41.947751+00:00',
      data: { agent_id: 'agent-ben', agent_name: 'Ben', task_id: 't', task_name: 'Implement Station store' },
      metadata: { severity: 'info' },
    }
    expect(eventLine(assigned, options)).toBe('17:48:41  task.assigned             Ben gets "Implement Station store"')
  })

  it('shows of a record that is no event whose it is, its body and its attributes', () => {
    const record = {
      timestamp: '2026-11-23T17:48:41Z',
      data: {},
      body: 'request failed',
      resource: { attributes: { 'service.name': 'shop' } },
      attributes: { 'http.route': '/x', n: 1 },
    }
    expect(eventLine(record, options)).toBe(
      '17:48:41  record                    shop: request failed http.route=/x n=1',
    )
    const named = { ...record, body: { a: 1 }, attributes: { 'event.name': 'tool_result' } }
    expect(eventLine(named, options)).toBe('17:48:41  tool_result               shop: {"a":1}')
  })

  it('shows what it has no sentence for, and cuts what is too long', () => {
    const event = {
      type: 'acme.thing.happened',
      timestamp: '2026-11-23T17:48:41Z',
      data: { a: 1, b: { c: 'x'.repeat(200) } },
    }
    const line = eventLine(event, { columns: 60, paint: none })
    expect(line).toMatch(/^17:48:41 {2}acme\.thing\.happened {7}a=1 b=\{"c":"x+…$/)
    expect(columnsOf(line)).toBeLessThanOrEqual(60)
  })

  it('lets no foreign text move the cursor', () => {
    const event = { type: 'task.created', timestamp: 'x', data: { task_name: 'a\u001b[2Jb\nc\u009b31md\u202e' } }
    expect(sentence(event)).toBe('"ab cd "')
  })

  it('colours by what it means', () => {
    const event = {
      type: 'agent.silent',
      timestamp: '2026-11-23T17:48:41Z',
      data: {},
      metadata: { severity: 'warning' },
    }
    expect(eventLine(event, { columns: 80, paint: paint(true) })).toContain('\u001b[31magent.silent')
  })
})

describe('text on a terminal', () => {
  it('counts columns, cuts and pads', () => {
    expect(columnsOf('añ漢🙂')).toBe(6)
    expect(fit('漢字漢字', 5)).toBe('漢字…')
    expect(cell('ab', 4, 'right')).toBe('  ab')
    expect(plain('a\tb')).toBe('a b')
  })

  it('redraws the picture below the stream, in place', () => {
    let screen = ''
    const live = liveScreen({ write: (text) => (screen += text), terminal: true, columns: () => 80, rows: () => 24 })
    live.picture(['one', 'two'])
    live.line('event')
    live.picture(['three'])
    live.end()
    expect(screen.replaceAll('\u001b[?25l', '').replaceAll('\u001b[?25h', '')).toBe(
      'one\ntwo\n\u001b[2F\u001b[0Jevent\none\ntwo\n\u001b[2F\u001b[0Jthree\n',
    )
  })

  it('prints plain lines and now and then a picture where nothing can be redrawn', () => {
    let text = ''
    const live = liveScreen({
      write: (more) => (text += more),
      terminal: false,
      columns: () => 80,
      rows: () => 24,
      every: 2,
    })
    for (const picture of ['a', 'b', 'c', 'd', 'c']) live.picture([picture])
    live.line('event')
    live.end()
    expect(text).toBe('\nb\n\n\nd\n\nevent\n')
  })
})

describe('the summary of a day', () => {
  const event = (type: string, data: object) => ({ type, timestamp: '2026-11-23T17:48:41Z', data, metadata: {} })

  it('counts, names who was stuck, and says whether the balance holds', () => {
    const day = summary()
    day.see(event('agent.registered', { agent_id: 'a', name: 'Ana' }))
    day.see(event('task.completed', { agent_id: 'a', agent_name: 'Ana', task_id: 't' }))
    day.see(event('agent.silent', { agent_id: 'b', agent_name: 'Ben', task_name: 'Build', silent_seconds: 240 }))
    const balance = {
      pipeline: 'logs',
      received: 3,
      delivered: 3,
      filtered: {},
      deadLettered: 0,
      dropped: {},
      held: 0,
      queued: 0,
      inFlight: 0,
      balanced: true,
    }
    expect(day.lines({ columns: 80, paint: none, balance: [balance] })).toEqual([
      '3 events of 3 types',
      '    1  agent.registered                   1  agent.silent',
      '    1  task.completed',
      '',
      'Agents',
      '  Ana           1 task completed',
      '  Ben           0 tasks completed, silent 1×',
      '',
      'Who was stuck',
      '  Ben fell silent holding "Build" (noticed after 4 min)',
      '',
      'Balance',
      '  logs: 3 received = 3 delivered + 0 filtered + 0 dead-lettered + 0 dropped + 0 on the way  holds',
    ])
  })

  it('says that nobody was stuck', () => {
    expect(summary().lines({ columns: 80, paint: none, balance: [] })).toContain('  nobody')
  })
})
