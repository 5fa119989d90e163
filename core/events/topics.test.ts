import { describe, expect, it } from 'vitest'
import { compilePattern, matchPattern, matchSubject, patternProblem, topicOf } from './topics.ts'

describe('topics', () => {
  it('are the first two tokens of a type', () => {
    expect(topicOf('agent.status.changed')).toBe('agent.status')
    expect(topicOf('task.assigned')).toBe('task.assigned')
    expect(topicOf('odd')).toBe('odd')
    expect(topicOf('a.b.c.d')).toBe('a.b')
  })
})

describe('patterns', () => {
  it.each([
    ['agent.*', 'agent.status.changed', true],
    ['agent.*', 'agent.registered', true],
    ['agent.*', 'task.assigned', false],
    ['agent.>', 'agent.status.changed', true],
    ['agent.>', 'agent', false],
    ['agent.status', 'agent.status.changed', true],
    ['agent.status.changed', 'agent.status.changed', true],
    ['agent.status.*', 'agent.status.changed', true],
    ['*.*.changed', 'agent.status.changed', true],
    ['*', 'agent.status.changed', true],
    ['>', 'odd', true],
    ['*.assigned', 'task.assigned', true],
    ['task', 'task.assigned', false],
    ['*.*.*.*', 'agent.status.changed', false],
  ])('%s on %s: %s', (pattern, type, expected) => {
    expect(matchPattern(pattern, type)).toBe(expected)
    expect(compilePattern(pattern)(type)).toBe(expected)
  })

  it('follow an overridden topic', () => {
    expect(matchPattern('ops.*', 'agent.silent', 'ops.silence')).toBe(true)
    expect(matchPattern('agent.*', 'agent.silent', 'ops.silence')).toBe(true)
    expect(matchPattern('agent.status', 'agent.status.changed', 'ops.x')).toBe(false)
  })

  it('match subjects as NATS does', () => {
    expect(matchSubject('agent.*', 'agent.status.changed')).toBe(false)
    expect(matchSubject('agent.>', 'agent.status.changed')).toBe(true)
  })

  it.each(['', 'a..b', '>.a', 'a b', 'ag*', 'a.>x', '.a'])('refuses %j', (pattern) => {
    expect(patternProblem(pattern)).toBeTypeOf('string')
    expect(matchPattern(pattern, 'a.b')).toBe(false)
    expect(() => compilePattern(pattern)).toThrow(TypeError)
  })
})
