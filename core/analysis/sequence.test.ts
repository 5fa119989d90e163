import { describe, expect, it } from 'vitest'
import { createReorder } from './reorder.ts'
import { createSequence, type SequenceEvent } from './sequence.ts'

const cycle = { opens: ['task.created'], grants: ['task.assigned'], needs: ['task.progress.updated', 'task.completed'] }
const MINUTE = 60_000
const event = (type: string, minute: number, key = 't1'): SequenceEvent => ({
  type,
  key,
  id: `${type}@${minute}`,
  time: minute * MINUTE,
})

const run = (...events: SequenceEvent[]) => {
  const sequence = createSequence(cycle, 10 * MINUTE)
  return [...events.flatMap((e) => sequence.observe(e)), ...sequence.flush()].map((v) => [v.event.id, v.missing?.id])
}

describe('order inside a task', () => {
  it('accepts the usual life', () => {
    expect(
      run(
        event('task.created', 0),
        event('task.assigned', 1),
        event('task.progress.updated', 2),
        event('task.completed', 3),
      ),
    ).toEqual([])
  })

  it('names both ids when a completion precedes its assignment', () => {
    expect(run(event('task.created', 0), event('task.completed', 1), event('task.assigned', 2))).toEqual([
      ['task.completed@1', 'task.assigned@2'],
    ])
  })

  it('makes one finding of many early reports', () => {
    expect(
      run(
        event('task.created', 0),
        event('task.progress.updated', 1),
        event('task.progress.updated', 2),
        event('task.assigned', 3),
      ),
    ).toHaveLength(1)
  })

  it('does not judge a task whose beginning it has not seen', () => {
    expect(run(event('task.completed', 1), event('task.assigned', 2))).toEqual([])
  })

  it('speaks after the wait when the assignment never comes', () => {
    expect(run(event('task.created', 0), event('task.completed', 1), event('task.created', 12, 't2'))).toEqual([
      ['task.completed@1', undefined],
    ])
  })
})

describe('putting events in order', () => {
  it('hands on in order of source time what arrives within the lateness, and drops repeats', () => {
    const reorder = createReorder<{ time: number; id: string }>(100)
    const out = [30, 10, 20, 10, 200, 150].flatMap((time) => reorder.push({ time, id: String(time) }))
    expect([...out, ...reorder.flush()].map((e) => e.time)).toEqual([10, 20, 30, 150, 200])
    expect(reorder.duplicates).toBe(1)
    expect(reorder.late).toBe(0)
  })

  it('counts what comes too late, and still hands it on', () => {
    const reorder = createReorder<{ time: number; id: string }>(100)
    reorder.push({ time: 1000, id: 'a' })
    expect(reorder.push({ time: 1, id: 'b' }).map((e) => e.id)).toEqual(['b'])
    expect(reorder.late).toBe(1)
  })
})
