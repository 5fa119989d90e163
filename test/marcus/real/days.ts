/** Days of a real Marcus, as scripts. They take minutes: nothing is stretched or hurried. */
import { agent, makeProject, person, wait, type Agent, type Stage } from './cast.ts'

/** Asks and works until nobody has been given anything for so many requests. */
const workOn = async (worker: Agent, pauseSeconds: number, patience = 3): Promise<void> => {
  for (let refused = 0; refused < patience;) {
    const task = await worker.request()
    if (task === undefined) refused++
    else {
      refused = 0
      await worker.finish(task, pauseSeconds)
    }
    await wait(2)
  }
}

/** Everything agents can do in a few minutes, across an orderly restart. */
export const busyDay = async (stage: Stage): Promise<void> => {
  const { marcus, watcher } = stage
  await marcus.start()
  const mara = person(stage, 'mara')
  const project = await makeProject(
    stage,
    mara,
    'Harbour Log',
    'Ship list, Berth plan, Arrival board, Fee report, Pilot desk',
  )
  await wait(5)
  await marcus.stop('SIGTERM')
  await wait(4)
  await marcus.start()
  const [ana, ben, cleo] = ['Ana', 'Ben', 'Cleo'].map((name) => agent(stage, name)) as [Agent, Agent, Agent]
  for (const one of [ana, ben, cleo]) await one.register(project)
  const first = await ana.request()
  const second = await ben.request()
  await cleo.request()
  if (first !== undefined) {
    await ana.decide(first, 'I chose plain files because they are small. This affects all.')
    await ana.make(first, 'notes.md')
    await ana.report(first, 40)
    await wait(4)
    await ana.report(first, 20)
    await ben.report(first, 60)
  }
  await stage.cue('late')
  await ana.report('no-such-task', 10)
  if (second !== undefined) {
    await wait(3)
    await ben.block(second, 'high', 'The berth file has no depth column.')
    await ben.request()
    await wait(10)
    watcher.putBack(second)
    await wait(3)
  }
  if (first !== undefined) await ana.finish(first, 4)
  const third = await ana.request()
  if (third !== undefined) {
    await wait(3)
    await mara.call('unassign_task', { task_id: third })
    await wait(3)
    await mara.call('unassign_task', { task_id: third })
  }
  await mara.call('get_project_status')
  await cleo.register(project, ['python', 'sql'])
  const fourth = await cleo.request()
  if (fourth !== undefined) {
    await cleo.report(fourth, 100, { status: 'in_progress' })
    await wait(3)
    await cleo.report(fourth, 100)
    await cleo.report(fourth, 100)
  }
  await Promise.all([workOn(ana, 3), workOn(ben, 4), workOn(cleo, 5)])
  await wait(3)
  await marcus.stop('SIGTERM')
}

/** One agent falls silent until Marcus takes its task back; Marcus is killed; one goes on without registering again. */
export const silentDay = async (stage: Stage): Promise<void> => {
  const { marcus } = stage
  await marcus.start()
  const mara = person(stage, 'mara')
  const project = await makeProject(stage, mara, 'Tide Watch', 'Gauge feed, Level chart, Storm alarm, Data export')
  await marcus.stop('SIGTERM')
  await wait(2)
  await marcus.start()
  const [dimi, eve, finn] = ['Dimi', 'Eve', 'Finn'].map((name) => agent(stage, name)) as [Agent, Agent, Agent]
  for (const one of [dimi, eve, finn]) await one.register(project)
  const lost = await dimi.request()
  const slow = await eve.request()
  await finn.request()
  if (lost !== undefined) await dimi.report(lost, 25)
  await stage.cue('late')
  for (let minute = 0; minute < 6; minute++) {
    await wait(55)
    if (slow !== undefined) await eve.report(slow, 10 + minute)
    await finn.request()
  }
  const again = await finn.request()
  await marcus.stop('SIGKILL')
  await wait(12)
  await marcus.start()
  if (slow !== undefined) await eve.report(slow, 60)
  await finn.register(project)
  if (again !== undefined) await finn.finish(again, 10)
  if (slow !== undefined) await eve.finish(slow, 5)
  await wait(125)
  await finn.request()
  await wait(5)
  await marcus.stop('SIGKILL')
}

/** Two projects, switched back and forth, each with its workers. */
export const projectsDay = async (stage: Stage): Promise<void> => {
  const { marcus } = stage
  await marcus.start()
  const mara = person(stage, 'mara')
  const north = await makeProject(stage, mara, 'North Pier', 'Crane list, Crane view')
  const una = agent(stage, 'Una')
  await una.register(north)
  const first = await una.request()
  if (first !== undefined) await una.report(first, 25)
  const south = await makeProject(stage, mara, 'South Pier', 'Rope store, Rope report')
  const vic = agent(stage, 'Vic')
  await vic.register(south)
  await una.request()
  const other = await vic.request()
  if (other !== undefined) await vic.finish(other, 3)
  await stage.cue('late')
  await mara.call('select_project', { project_id: north })
  await wait(3)
  if (first !== undefined) await una.finish(first, 3)
  await una.request()
  await vic.request()
  await mara.call('select_project', { project_id: south })
  await una.register(south)
  await mara.call('get_current_project')
  await mara.call('list_projects')
  await Promise.all([workOn(una, 3), workOn(vic, 3)])
  await wait(3)
  await marcus.stop('SIGTERM')
}

export const realDays: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  busy: busyDay,
  silent: silentDay,
  projects: projectsDay,
}
