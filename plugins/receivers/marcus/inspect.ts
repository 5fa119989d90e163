/** What `now` shows: agents with what they do, open blockers, projects with their progress. */
import { heldTask } from './domain/agents.ts'
import { percentOf, projectCounts } from './domain/projects.ts'
import type { Domain } from './domain/domain.ts'
import { isoOf, SECOND, type Micros } from './micros.ts'

const HOUR = 3_600 * SECOND
const minutes = (from: Micros, to: Micros): number => Math.round(Math.max(0, to - from) / (6 * SECOND)) / 10

const agentsNow = ({ world }: Domain, now: Micros): unknown[] =>
  [...world.state.agents.values()]
    .filter(({ registered, task, registeredAt }) => registered || task !== undefined || registeredAt !== undefined)
    .map((agent) => {
      const task = heldTask(world, agent)
      return {
        id: agent.id,
        name: agent.name ?? agent.id,
        role: agent.role ?? null,
        status: agent.status ?? 'idle',
        task: task ?? null,
        task_name: task === undefined ? null : (world.state.tasks.get(task)?.name ?? null),
        last_seen: agent.life === undefined ? null : isoOf(agent.life),
        minutes_silent: agent.life === undefined ? null : minutes(agent.life, now),
      }
    })

const blockersNow = ({ world }: Domain, now: Micros): unknown[] =>
  [...world.state.tasks.values()]
    .filter(({ blocked }) => blocked)
    .map((task) => ({
      task: task.id,
      task_name: task.name ?? null,
      project: task.project ?? null,
      since: task.blockedAt === undefined ? null : isoOf(task.blockedAt),
      minutes: task.blockedAt === undefined ? null : minutes(task.blockedAt, now),
      severity: task.severity ?? null,
      description: task.blocker ?? null,
    }))

const projectsNow = ({ world }: Domain, now: Micros): unknown[] =>
  [...world.state.projects.values()].map((project) => {
    const counts = projectCounts(world, project.id)
    const done = [...world.state.tasks.values()].filter((task) => task.card && task.project === project.id && task.done)
    const last = done.reduce((newest, { doneAt = 0 }) => Math.max(newest, doneAt), 0)
    return {
      id: project.id,
      name: project.name ?? project.id,
      active: project.id === world.single.activeProject,
      total: counts.total,
      done: counts.done,
      in_progress: counts.active,
      blocked: counts.blocked,
      percent: percentOf(counts),
      /** Cards done within the last hour. */
      velocity: done.filter(({ doneAt = 0 }) => doneAt > now - HOUR).length,
      last_completion: last === 0 ? null : isoOf(last),
    }
  })

export const inspectNow = (domain: Domain, now: Micros): unknown => ({
  at: isoOf(now),
  agents: agentsNow(domain, now),
  blockers: blockersNow(domain, now),
  projects: projectsNow(domain, now),
})
