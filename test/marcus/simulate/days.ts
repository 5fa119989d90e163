/** Days of other kinds than the recorded one, as scripts for the small Marcus. */
import { simulateMarcus, type SimulatedMarcus } from './marcus.ts'

const work = (marcus: SimulatedMarcus, agent: string, card: string, pause = 40): void => {
  marcus.request(agent, card)
  for (const progress of [25, 50, 75]) {
    marcus.wait(pause)
    marcus.report(agent, card, progress)
  }
  marcus.wait(pause)
  marcus.report(agent, card, 100)
}

const names = (prefix: string, count: number): { name: string }[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix} ${index + 1}` }))

/** kill -9 in the middle of work; one agent registers again, one goes on without, one is never heard of again. */
export const crashDay = (folder: string): void => {
  const marcus = simulateMarcus('2026-12-01T09:00:00Z')
  marcus.boot()
  marcus.wait(3)
  marcus.createProject('Harbour', names('Card', 8))
  for (const id of ['kim', 'lou', 'max']) marcus.register(`agent-${id}`, id, 'Developer', ['ts'])
  marcus.wait(5)
  work(marcus, 'agent-kim', 'Card 1')
  marcus.request('agent-kim', 'Card 2')
  marcus.request('agent-lou', 'Card 3')
  marcus.request('agent-max', 'Card 4')
  marcus.wait(30)
  marcus.report('agent-lou', 'Card 3', 25)
  marcus.report('agent-max', 'Card 4', 25)
  marcus.wait(20)
  marcus.stop('SIGKILL')
  marcus.wait(18)
  marcus.boot()
  marcus.register('agent-kim', 'kim', 'Developer', ['ts'])
  marcus.wait(10)
  marcus.report('agent-lou', 'Card 3', 50)
  marcus.wait(52)
  marcus.recover('Card 4')
  marcus.report('agent-kim', 'Card 2', 50)
  marcus.wait(60)
  marcus.report('agent-lou', 'Card 3', 100)
  marcus.wait(40)
  marcus.report('agent-kim', 'Card 2', 100)
  work(marcus, 'agent-kim', 'Card 4')
  marcus.wait(20)
  marcus.stop('SIGTERM')
  marcus.save(folder)
}

/** Six blockers in twelve seconds, put back by a person, the same card blocked twice; refusals, a fall in progress. */
export const blockerDay = (folder: string): void => {
  const marcus = simulateMarcus('2026-12-02T14:00:00Z')
  marcus.boot()
  marcus.wait(3)
  marcus.createProject('Storm', [...names('Card', 6), { name: 'Parent', subtasks: ['Left', 'Right'] }])
  const agents = ['ada', 'bob', 'cy', 'dee', 'eli', 'fay'].map((name) => `agent-${name}`)
  for (const id of agents) marcus.register(id, id.slice(6), 'Developer', ['go'])
  for (const [index, id] of agents.entries()) marcus.request(id, `Card ${index + 1}`)
  marcus.wait(30)
  for (const [index, id] of agents.entries()) {
    marcus.block(
      id,
      `Card ${index + 1}`,
      ['low', 'medium', 'high', 'critical'][index % 4]!,
      `Blocked by thing ${index + 1}`,
    )
    marcus.journal.pass(2_000)
  }
  for (const id of agents) marcus.request(id)
  marcus.wait(45)
  for (let index = 1; index <= 6; index++) {
    marcus.unblock(`Card ${index}`)
    marcus.wait(10)
  }
  marcus.request('agent-ada', 'Card 1')
  marcus.wait(20)
  marcus.report('agent-ada', 'Card 1', 75)
  marcus.wait(20)
  marcus.report('agent-ada', 'Card 1', 40)
  marcus.block('agent-ada', 'Card 1', 'high', 'Again')
  marcus.wait(20)
  marcus.unblock('Card 1')
  work(marcus, 'agent-bob', 'Card 2')
  marcus.report('agent-bob', 'Card 2', 100, { refused: 'task_already_complete' })
  marcus.report('agent-bob', 'no-such-task', 30, { unknown: true })
  marcus.request('agent-cy', 'Card 3')
  marcus.report('agent-cy', 'Card 3', 30, { refused: 'not_task_holder' })
  marcus.decide('agent-cy', 'Card 3', 'Keep it simple')
  marcus.wait(15)
  marcus.report('agent-cy', 'Card 3', 100, { status: 'in_progress' })
  work(marcus, 'agent-dee', 'Left')
  work(marcus, 'agent-dee', 'Right')
  marcus.wait(20)
  marcus.stop('SIGTERM')
  marcus.save(folder)
}

/** A second project moves the active one; workers of both go on. Selected back and forth. */
export const twoProjectsDay = (folder: string): void => {
  const marcus = simulateMarcus('2026-12-03T10:00:00Z')
  marcus.boot()
  marcus.wait(3)
  const first = marcus.createProject('North', names('North card', 4))
  marcus.register('agent-una', 'Una', 'Developer', ['rust'])
  marcus.wait(5)
  work(marcus, 'agent-una', 'North card 1', 15)
  const second = marcus.createProject('South', names('South card', 4))
  marcus.register('agent-vic', 'Vic', 'Developer', ['c'])
  work(marcus, 'agent-vic', 'South card 1', 15)
  marcus.request('agent-una')
  marcus.selectProject(first)
  work(marcus, 'agent-una', 'North card 2', 15)
  marcus.selectProject(second)
  work(marcus, 'agent-vic', 'South card 2', 15)
  marcus.wait(30)
  marcus.stop('SIGTERM')
  marcus.save(folder)
}

/** Work over midnight: the agents' log rolls over on the day's first event. */
export const midnightDay = (folder: string): void => {
  const marcus = simulateMarcus('2026-12-04T23:56:30Z')
  marcus.boot()
  marcus.wait(3)
  marcus.createProject('Night', names('Card', 3))
  for (const id of ['agent-nia', 'agent-oz']) marcus.register(id, id.slice(6), 'Developer', ['py'])
  marcus.wait(5)
  for (const card of ['Card 1', 'Card 2', 'Card 3']) work(marcus, 'agent-nia', card, 25)
  marcus.request('agent-oz')
  marcus.wait(30)
  marcus.stop('SIGTERM')
  marcus.save(folder)
}

/** Silence past the threshold, and a return. */
export const silentDay = (folder: string): void => {
  const marcus = simulateMarcus('2026-12-05T08:00:00Z')
  marcus.boot()
  marcus.wait(3)
  marcus.createProject('Quiet', names('Card', 3))
  for (const id of ['agent-pia', 'agent-quin']) marcus.register(id, id.slice(6), 'Developer', ['py'])
  marcus.request('agent-pia', 'Card 1')
  marcus.request('agent-quin', 'Card 2')
  marcus.wait(20)
  marcus.report('agent-pia', 'Card 1', 25)
  for (const progress of [10, 20, 30, 40, 50, 60, 70, 80]) {
    marcus.wait(40)
    marcus.report('agent-quin', 'Card 2', progress)
  }
  marcus.report('agent-pia', 'Card 1', 50)
  marcus.wait(30)
  marcus.report('agent-pia', 'Card 1', 100)
  marcus.report('agent-quin', 'Card 2', 100)
  marcus.wait(20)
  marcus.stop('SIGTERM')
  marcus.save(folder)
}

export const days: Readonly<Record<string, (folder: string) => void>> = {
  crash: crashDay,
  blockers: blockerDay,
  'two projects': twoProjectsDay,
  midnight: midnightDay,
  silence: silentDay,
}
