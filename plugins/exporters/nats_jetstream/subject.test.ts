import { describe, expect, it } from 'vitest'
import { logs } from 'seneca-collector'
import { compileSubject } from './subject.ts'

const record = logs([
  { eventName: 'agent.status.changed', attributes: { 'seneca.source': 'marcus_logs', 'marcus.project.id': 'p 1.x>*' } },
]).at(0)

describe('a subject template', () => {
  it.each([
    ['events.{type}', 'events.agent.status.changed', 'events.>'],
    ['events.{topic}.x', 'events.agent.status.x', 'events.>'],
    ['a.{source}.b', 'a.marcus_logs.b', 'a.*.b'],
    ['a.{marcus.project.id}.{type}', 'a.p_1_x__.agent.status.changed', 'a.*.>'],
    ['a.{missing}', 'a.unknown', 'a.*'],
    ['a.x-{source}', 'a.x-marcus_logs', 'a.>'],
    ['fixed.one', 'fixed.one', 'fixed.one'],
  ])('%s makes %s of the stream subject %s', (template, subject, pattern) => {
    const compiled = compileSubject(template)
    expect([compiled.of(record), compiled.patterns]).toEqual([subject, [pattern]])
  })

  it('that begins with the type takes the subjects of the catalogue, never all', () => {
    const { patterns } = compileSubject('{type}')
    expect(patterns).toEqual(expect.arrayContaining(['log', 'agent.>', 'task.>', 'marcus.>']))
    expect(patterns).not.toContain('>')
  })

  it('makes whole subjects of odd types', () => {
    const odd = logs([{ eventName: '' }, { eventName: 'a..b. c*.>' }])
    const subject = compileSubject('e.{type}')
    expect([subject.of(odd.at(0)), subject.of(odd.at(1))]).toEqual(['e.log', 'e.a.b._c_._'])
  })
})
