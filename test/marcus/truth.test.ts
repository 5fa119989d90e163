import { describe, expect, it } from 'vitest'
import { bundledRecording, openRecording } from '../../core/replay/index.ts'
import { dayOf } from './day.ts'
import { score } from './expectation.ts'
import { countExpectations, truthOf } from './truth.ts'

describe('the truth of the recorded day', () => {
  const day = dayOf(openRecording(bundledRecording()))

  it('holds what its course says', () => {
    expect(countExpectations(truthOf(day, { live: true }))).toMatchObject({
      'agent.registered': 5,
      'agent.work.requested': 129,
      'agent.work.refused': 117,
      'agent.silent': 1,
      'task.created': 14,
      'task.assigned': 12,
      'task.progress.updated': 42,
      'task.completed': 13,
      'task.completion.refused': 1,
      'task.blocked': 1,
      'task.unblocked': 1,
      'task.recovered': 1,
      'project.created': 1,
      'project.milestone.reached': 4,
      'project.completed': 1,
      'system.started': 2,
    })
  })

  it('knows who fell silent, and when that was noticed', () => {
    const silent = truthOf(day, { live: true }).find(({ type }) => type === 'agent.silent')
    expect(silent?.data).toMatchObject({ agent_id: 'agent-dimi', by: 'threshold' })
  })
})

describe('the score', () => {
  const event = (timestamp: string, agent: string) => ({
    id: timestamp,
    type: 'agent.silent',
    source: 'marcus_logs',
    timestamp,
    data: { agent_id: agent },
    metadata: {},
  })
  const at = Date.UTC(2026, 10, 23, 12) * 1_000
  const expectation = { type: 'agent.silent', from: at, to: at + 1_000_000, data: { agent_id: 'a' } }

  it('counts what is missing, what is too much and what comes twice', () => {
    const once = event('2026-11-23T12:00:00.500Z', 'a')
    expect(score([expectation], [once])[0]).toMatchObject({ precision: 1, recall: 1 })
    expect(score([expectation], [])[0]).toMatchObject({ precision: 1, recall: 0 })
    expect(score([expectation], [once, once])[0]).toMatchObject({ precision: 0.5, recall: 1 })
    expect(score([expectation], [event('2026-11-23T12:00:03Z', 'a')])[0]).toMatchObject({ precision: 0, recall: 0 })
    expect(score([expectation], [event('2026-11-23T12:00:00.500Z', 'b')])[0]).toMatchObject({ matched: 0 })
  })

  it('lets optional ones come or not', () => {
    const optional = { ...expectation, optional: true }
    expect(score([optional], [])[0]).toMatchObject({ precision: 1, recall: 1 })
    expect(score([optional], [event('2026-11-23T12:00:00.500Z', 'a')])[0]).toMatchObject({ found: 0, precision: 1 })
  })
})
