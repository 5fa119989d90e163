/** Which agents are registered for which project. */
import type { Micros } from '../micros.ts'
import type { SourceName } from '../observation.ts'
import type { Project } from './state.ts'
import type { World } from './world.ts'

export const projectOf = (world: World, id: string): Project =>
  world.state.projects.get(id) ??
  world.state.projects.set(id, { id, announced: false, milestones: [], completed: false, agents: [] })

const allocate = (world: World, id: string, agents: readonly string[], at: Micros, source: SourceName): void => {
  const project = projectOf(world, id)
  const old = project.agents
  if (old.join('\u001f') === agents.join('\u001f')) return
  project.agents = agents
  world.state.projects.touch(id)
  const data = { project_id: id, agents, old_agents: old }
  world.say('project.allocation.changed', { at, key: [id, ...agents], data, derived: true, source })
}

/** The agent works for this project from now on, and for no other. */
export const attach = (world: World, agentId: string, projectId: string, at: Micros, source: SourceName): void => {
  const agent = world.agent(agentId)
  const before = agent.project
  agent.project = projectId
  world.state.agents.touch(agentId)
  if (before !== undefined && before !== projectId) detach(world, agentId, before, at, source)
  const { agents } = projectOf(world, projectId)
  if (!agents.includes(agentId)) allocate(world, projectId, [...agents, agentId].toSorted(), at, source)
}

export const detach = (world: World, agentId: string, projectId: string, at: Micros, source: SourceName): void => {
  const { agents } = projectOf(world, projectId)
  if (agents.includes(agentId))
    allocate(
      world,
      projectId,
      agents.filter((id) => id !== agentId),
      at,
      source,
    )
}
