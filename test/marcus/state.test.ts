/**
 * Event sourcing: the state worked out from the events alone equals the one the receiver holds live, after every kind of
 * day and after random ones. A failing seed is printed and repeats.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { harness } from 'seneca-collector/testing'
import { applyEvent, emptyState, viewState, type StateView } from '../../core/history/state.ts'
import plugin from '../../plugins/receivers/marcus/index.ts'
import { seeded } from '../setup/random-streams.ts'
import { waitFor } from '../setup/wait-for.ts'
import type { Envelope } from './expectation.ts'
import { leftBehind } from './left-behind.ts'
import { days } from './simulate/days.ts'
import { simulateMarcus } from './simulate/marcus.ts'

/** More by hand: STATE_DAYS=1000. */
const DAYS = Number(process.env['STATE_DAYS'] ?? 40)

const root = mkdtempSync(join(tmpdir(), 'seneca-state-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Now {
  readonly agents: readonly { agent_id: string; task_id?: string }[]
  readonly tasks: readonly { task_id: string; status: string; agent_id?: string; project_id?: string }[]
  readonly projects: readonly { project_id: string; active: boolean; total: number; completed: number }[]
}

const watched = async (recording: string, name: string): Promise<{ now: Now; rebuilt: StateView }> => {
  const folder = await leftBehind(recording, join(root, `left-${name}`))
  const test = await harness(plugin, { folder, mode: 'backfill', endpoint: 'none' })
  await test.start()
  await waitFor('the end of the day', () => test.ended)
  const now = test.inspect('now') as Now
  await test.stop()
  const state = emptyState()
  for (const batch of test.batches) {
    const text = Buffer.concat(batch.encode('envelope').map((piece) => Buffer.from(piece))).toString()
    for (const line of text.split('\n').filter((each) => each !== '')) applyEvent(state, JSON.parse(line) as Envelope)
  }
  return { now, rebuilt: viewState(state) }
}

const expectEqual = ({ now, rebuilt }: { now: Now; rebuilt: StateView }, name: string): void => {
  expect(
    Object.fromEntries(now.agents.map(({ agent_id: id }) => [id, rebuilt.agents[id]?.task ?? null])),
    name,
  ).toEqual(Object.fromEntries(now.agents.map(({ agent_id: id, task_id: task = null }) => [id, task])))
  expect(
    Object.fromEntries(
      now.tasks.map(({ task_id: id }) => {
        const { status, agent, project } = rebuilt.tasks[id] ?? {}
        return [id, { status, agent: status === 'in_progress' ? agent : null, project }]
      }),
    ),
    name,
  ).toEqual(
    Object.fromEntries(
      now.tasks.map(({ task_id: id, status, agent_id: agent = null, project_id: project = null }) => [
        id,
        { status, agent: status === 'in_progress' ? agent : null, project },
      ]),
    ),
  )
}

const randomDay = (folder: string, seed: number): void => {
  const random = seeded(seed)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const marcus = simulateMarcus('2026-12-01T09:00:00Z')
  marcus.boot()
  marcus.wait(3)
  const cards = Array.from({ length: 3 + Math.floor(random() * 8) }, (_, index) => `Card ${index + 1}`)
  marcus.createProject(
    'Harbour',
    cards.map((name) => ({ name })),
  )
  const agents = ['kim', 'lou', 'max', 'ada'].slice(0, 1 + Math.floor(random() * 4)).map((name) => `agent-${name}`)
  for (const id of agents) marcus.register(id, id.slice(6), 'Developer', ['ts'])
  const held = new Map<string, { card: string; progress: number }>()
  const open = new Set(cards)
  const blocked = new Set<string>()
  const steps = 1 + Math.floor(random() * 60)
  for (let step = 0; step < steps; step++) {
    marcus.wait(5 + Math.floor(random() * 60))
    const agent = pick(agents)
    const work = held.get(agent)
    const turn = random()
    if (work === undefined) {
      const [card] = [...open]
      if (card === undefined) continue
      open.delete(card)
      marcus.request(agent, card)
      held.set(agent, { card, progress: 0 })
    } else if (turn < 0.1) {
      marcus.recover(work.card)
      held.delete(agent)
      open.add(work.card)
    } else if (turn < 0.2) {
      marcus.block(agent, work.card, 'high', 'no key')
      held.delete(agent)
      blocked.add(work.card)
    } else if (blocked.size > 0 && turn < 0.45) {
      const [card] = [...blocked]
      marcus.unblock(card!)
      blocked.delete(card!)
      open.add(card!)
    } else {
      work.progress = Math.min(100, work.progress + 25)
      marcus.report(agent, work.card, work.progress)
      if (work.progress === 100) held.delete(agent)
    }
  }
  marcus.wait(20)
  if (random() < 0.5) marcus.stop('SIGTERM')
  marcus.save(folder)
}

describe('the state rebuilt from events', () => {
  it.each(Object.keys(days))('equals the live one after a day: %s', async (name) => {
    const recording = join(root, `day-${name.replaceAll(' ', '-')}`)
    days[name]!(recording)
    expectEqual(await watched(recording, name.replaceAll(' ', '-')), name)
  })

  it('equals the live one after random days, wherever they break off', { timeout: 60_000 + DAYS * 1_000 }, async () => {
    for (let seed = 1; seed <= DAYS; seed++) {
      const recording = join(root, `random-${seed}`)
      randomDay(recording, seed)
      const both = await watched(recording, `random-${seed}`)
      expectEqual(both, `seed ${seed}`)
    }
  })
})
