import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openRecording } from '../../../core/replay/index.ts'
import { timelineOf } from '../../../core/replay/timeline.ts'
import { dayOf } from '../day.ts'
import { countExpectations, truthOf } from '../truth.ts'
import { days } from './days.ts'

const root = mkdtempSync(join(tmpdir(), 'seneca-days-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const simulated = (name: string): ReturnType<typeof openRecording> => {
  const folder = join(root, name.replaceAll(' ', '-'))
  rmSync(folder, { recursive: true, force: true })
  days[name]!(folder)
  return openRecording(folder)
}

describe('simulated days', () => {
  it.each(Object.keys(days))('%s: can be replayed and has a truth', (name) => {
    const recording = simulated(name)
    const { steps, boots } = timelineOf(recording)
    expect(steps.every((step, index) => index === 0 || steps[index - 1]!.at <= step.at)).toBe(true)
    expect(boots.length).toBe(name === 'crash' ? 2 : 1)
    expect(Object.keys(countExpectations(truthOf(dayOf(recording), { live: true }))).length).toBeGreaterThan(12)
  })

  it('are the days their names say', () => {
    const counts = (name: string): Record<string, number> =>
      countExpectations(truthOf(dayOf(simulated(name)), { live: true }))
    expect(counts('crash')).toMatchObject({
      'agent.deregistered': 2,
      'task.recovered': 1,
      'agent.silent': 1,
      'system.started': 2,
    })
    expect(counts('blockers')).toMatchObject({
      'task.blocked': 7,
      'task.unblocked': 7,
      'task.progress.refused': 2,
      'task.completion.refused': 1,
      'decision.logged': 1,
    })
    expect(counts('two projects')).toMatchObject({ 'project.created': 2, 'project.switched': 4 })
    expect(counts('silence')).toMatchObject({ 'agent.silent': 1, 'agent.resumed': 1 })
    expect(readdirSync(join(root, 'midnight/logs/agent_events'))).toEqual([
      'agent_events_20261204.jsonl',
      'agent_events_20261205.jsonl',
    ])
  })
})
