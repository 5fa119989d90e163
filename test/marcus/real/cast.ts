/** A person and agents that work with a real Marcus, each with a client of its own. */
import type { Json } from '../../../core/replay/index.ts'
import { textOf } from '../day.ts'
import type { MarcusProcess } from './marcus-process.ts'
import { connectClient, type McpClient } from './mcp-client.ts'
import type { Notes } from './notes.ts'
import type { Watcher } from './watcher.ts'

export interface Stage {
  readonly marcus: MarcusProcess
  readonly notes: Notes
  readonly watcher: Watcher
  /** Where agents put what they make. */
  readonly workFolder: string
  /** Calls for something to be done beside the day, such as a collector that comes late. */
  cue(name: string): Promise<void>
}

export interface Agent {
  readonly id: string
  register(project: string, skills?: readonly string[]): Promise<void>
  /** The id of the task it got. */
  request(): Promise<string | undefined>
  report(task: string, progress: number, more?: Json): Promise<boolean>
  block(task: string, severity: string, description: string): Promise<void>
  decide(task: string, decision: string): Promise<void>
  make(task: string, filename: string): Promise<void>
  /** Reports 25, 50, 75 and 100 %, with a pause before each. */
  finish(task: string, pauseSeconds: number): Promise<void>
}

/** Marcus gives up on its own designs too. */
const DESIGN_SECONDS = 45

export const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000))

const endpointOf = ({ marcus }: Stage, role: 'human' | 'agent' | 'analytics'): string => {
  const port = marcus.args.includes('--multi') ? marcus.ports[role] : marcus.ports.human
  return `http://127.0.0.1:${port}/mcp`
}

export const person = (stage: Stage, name: string): McpClient =>
  connectClient(stage.notes, `human-${name}`, 'human', endpointOf(stage, 'human'))

/** Makes a project of these features and gives its id. */
export const makeProject = async (stage: Stage, human: McpClient, name: string, features: string): Promise<string> => {
  stage.notes.truth('create_project_called', { name })
  const description = `Build ${name}. Features: ${features}. No login.`
  const options = { complexity: 'standard', project_root: stage.workFolder }
  const answer = await human.call('create_project', { project_name: name, description, options })
  const id = textOf(answer?.['project_id'])
  stage.notes.truth('project_created', { project_id: id, name })
  // Marcus designs first, by itself: nobody gets a task before it has.
  const isDesigning = (): boolean =>
    stage.watcher.cards().some((card) => card['assigned_to'] === 'Marcus' && card['status'] !== 'done')
  for (let seconds = 0; seconds < DESIGN_SECONDS && isDesigning(); seconds++) await wait(1)
  return id
}

export const agent = (stage: Stage, name: string): Agent => {
  const id = `agent-${name.toLowerCase()}`
  const client = connectClient(stage.notes, id, 'agent', endpointOf(stage, 'agent'))
  const self: Agent = {
    id,
    register: async (project, skills = ['python']) => {
      const role = 'Developer'
      await client.call('register_agent', { agent_id: id, name, role, skills, project_id: project })
    },
    request: async () => {
      const answer = await client.call('request_next_task', { agent_id: id })
      const task = answer?.['task'] as Json | undefined
      return typeof task?.['id'] === 'string' ? task['id'] : undefined
    },
    report: async (task, progress, more = {}) => {
      const status = progress === 100 ? 'completed' : 'in_progress'
      const message = `At ${progress}%`
      const args = { agent_id: id, task_id: task, status, progress, message, ...more }
      return (await client.call('report_task_progress', args))?.['success'] === true
    },
    block: async (task, severity, description) => {
      const args = { agent_id: id, task_id: task, blocker_description: description, severity }
      await client.call('report_blocker', args)
    },
    decide: async (task, decision) => {
      await client.call('log_decision', { agent_id: id, task_id: task, decision })
    },
    make: async (task, filename) => {
      const content = `# ${filename}\n`
      const project_root = stage.workFolder
      await client.call('log_artifact', { task_id: task, filename, content, artifact_type: 'design', project_root })
    },
    finish: async (task, pauseSeconds) => {
      for (const progress of [25, 50, 75, 100]) {
        await wait(pauseSeconds)
        const accepted = await self.report(task, progress)
        // Some tasks are only done when it is said how the product is started.
        if (!accepted && progress === 100) await self.report(task, 100, { start_command: 'true' })
      }
    },
  }
  return self
}
