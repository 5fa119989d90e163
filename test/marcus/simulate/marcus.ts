/**
 * A small Marcus that writes what the real one writes (formats of 0.3.8, as recorded) while a script of a day is acted
 * out: a project with cards, agents that come, work, report, block, fall silent, a restart, a person at the board. Saved
 * as a recording, so that everything made for the recorded day works on it too. Its truth is what the script says.
 */
import type { Json } from '../../../core/replay/index.ts'
import type { Journal } from './journal.ts'
import { workAt, type Work } from './work.ts'
import { hex, makeWorld, type Card } from './world.ts'

export interface SimulatedCard {
  readonly name: string
  readonly subtasks?: readonly string[]
}

export interface SimulatedMarcus extends Work {
  readonly journal: Journal
  wait(seconds: number): void
  boot(): void
  stop(how: 'SIGTERM' | 'SIGKILL'): void
  createProject(name: string, cards: readonly SimulatedCard[]): string
  selectProject(projectId: string): void
  card(name: string): string
  unblock(card: string): void
  save(folder: string): void
}

const OBSERVE_EVERY_S = 5

export const simulateMarcus = (start: string): SimulatedMarcus => {
  const world = makeWorld(start)
  const { log, cards, projects, held, workers, rpc, saw, change, find, refreshed } = world
  let pid = 4_000
  let up = false

  const observe = (): void => {
    if (!up) return
    const mine = [...cards.values()].filter((card) => card.projectId === world.active && card.parentId === undefined)
    const done = mine.filter((card) => card.status === 'done').length
    const status = {
      success: world.active !== undefined,
      project: {
        id: world.active,
        name: `${projects.get(world.active ?? '')?.name ?? ''} - Main Board`,
        provider: 'sqlite',
        total_tasks: mine.length,
        completed: done,
        in_progress: mine.filter((card) => card.status === 'in_progress').length,
        blocked: mine.filter((card) => card.status === 'blocked').length,
        completion_percentage: mine.length === 0 ? 0 : (done * 100) / mine.length,
      },
      workers: {
        total: workers.size,
        active: [...workers.values()].filter((worker) => worker.task !== undefined).length,
        available: 0,
      },
    }
    rpc('observer', 'get_project_status', {}, () => (refreshed(), status), 'observer')
    const agents = [...workers.values()].map((worker) => ({
      id: worker.id,
      name: worker.name,
      role: worker.role,
      status: worker.task === undefined ? 'available' : 'working',
      skills: worker.skills,
      current_tasks: worker.task === undefined ? [] : [worker.task],
      total_completed: worker.completed,
    }))
    rpc('observer', 'list_registered_agents', {}, () => ({ success: true, agents, total: agents.length }), 'observer')
  }

  const wait = (seconds: number): void => {
    for (let left = seconds; left > 0; left -= OBSERVE_EVERY_S) {
      log.pass(Math.min(left, OBSERVE_EVERY_S) * 1_000)
      if (left >= OBSERVE_EVERY_S) observe()
    }
  }

  const boot = (): void => {
    world.boots++
    pid += 17
    workers.clear()
    log.start()
    log.text('INFO:src.core.context:Using hybrid dependency inference for better accuracy')
    log.pass(2_000)
    log.realtime('server_startup', { provider: 'sqlite' })
    log.event('server_startup', 'marcus', { provider: 'sqlite' })
    const service = {
      instance_id: `marcus_${pid}`,
      pid,
      mcp_command: 'python server.py --multi --human-port 14298 --agent-port 14299 --analytics-port 14300',
      log_dir: '/data/marcus/logs/conversations',
      project_name: null,
      provider: 'sqlite',
      status: 'running',
      started_at: log.iso(),
      last_heartbeat: log.iso(),
      working_directory: '/data/marcus',
    }
    log.write(`home/services/marcus_${pid}.json`, JSON.stringify(service, null, 2))
    log.pass(800)
    up = true
    log.truth('marcus_up', { pid, boot: world.boots })
  }
  const stop = (how: 'SIGTERM' | 'SIGKILL'): void => {
    up = false
    log.truth('marcus_stopped', { how, pid })
    log.pass(10)
  }

  const addCard = (projectId: string, spec: SimulatedCard): void => {
    log.pass(80)
    const made = {
      projectId,
      createdAt: log.iso(),
      status: 'todo',
      assignedTo: null,
      updatedAt: log.iso(),
      completedAt: null,
    }
    const card: Card = { id: hex(), name: spec.name, ...made }
    cards.set(card.id, card)
    saw(card, { status: null, assignedTo: null })
    for (const [index, name] of (spec.subtasks ?? []).entries()) {
      const id = `${card.id}_sub_${index + 1}`
      cards.set(id, { id, name, parentId: card.id, ...made })
    }
  }

  const createProject = (name: string, specs: readonly SimulatedCard[]): string => {
    const id = hex()
    rpc('human-mara', 'create_project', { description: 'x', project_name: name, options: {} }, () => {
      log.realtime('create_project_calling', { project_name: name })
      log.agentEvent('planning_start', { project_name: name, description_length: 1 })
      for (const spec of specs) addCard(id, spec)
      log.agentEvent('planning_end', { project_name: name, task_count: specs.length })
      log.pass(400)
      projects.set(id, { id, name, createdAt: log.iso() })
      log.realtime('create_project_returned', { project_name: name, success: true, task_count: specs.length })
      switchTo(id)
      log.realtime('create_project_returning_to_mcp', { project_name: name, result_keys: ['success'], success: true })
      log.realtime('create_project_final_return', { project_name: name, returning: true, result_type: 'dict' })
      log.realtime('create_project_auto_select_starting', { project_name: name, project_id: id })
      refreshed()
      log.realtime('create_project_auto_select_succeeded', { project_name: name, project_id: id })
      return { success: true, project_name: name, tasks_created: specs.length, project_id: id }
    })
    log.truth('project_created', { project_id: id, tasks: specs.length })
    return id
  }
  const switchTo = (id: string): void => {
    const named = (one: string | undefined): string | null =>
      one === undefined ? null : `${projects.get(one)!.name} - Main Board`
    log.conversation({
      conversation_type: 'decision',
      decision: `Switching project from '${named(world.active) ?? 'None'}' to '${named(id)}'`,
      rationale: 'User requested project switch',
      alternatives_considered: [],
      confidence_score: 1,
      decision_factors: {
        previous_project_id: world.active ?? null,
        previous_project_name: named(world.active),
        new_project_id: id,
        new_project_name: named(id),
        provider: 'sqlite',
      },
      event: 'pm_decision',
      logger: 'marcus',
    })
    world.active = id
  }
  const selectProject = (id: string): void =>
    rpc('human-mara', 'select_project', { project_id: id }, () => (switchTo(id), { success: true, project: { id } }))

  const finish = (folder: string): void => {
    for (const card of cards.values()) {
      if (card.parentId !== undefined) continue
      log.kanban('tasks', {
        id: card.id,
        name: card.name,
        status: card.status,
        assigned_to: card.assignedTo,
        created_at: card.createdAt,
        updated_at: card.updatedAt,
        completed_at: card.completedAt,
        project_id: card.projectId,
        project_name: projects.get(card.projectId)?.name ?? '',
        priority: 'medium',
        estimated_hours: 1,
      })
    }
    const subtasks = [...cards.values()].filter((card) => card.parentId !== undefined)
    const entry = (card: Card): Json => ({
      id: card.id,
      parent_task_id: card.parentId,
      name: card.name,
      status: card.status,
      assigned_to: card.assignedTo,
      created_at: card.createdAt,
      priority: 'medium',
    })
    log.write(
      'data/marcus_state/subtasks.json',
      JSON.stringify({ subtasks: Object.fromEntries(subtasks.map((card) => [card.id, entry(card)])) }, null, 2),
    )
    const listed = [...projects.values()].map(({ id, name, createdAt }) => [
      id,
      {
        id,
        name: `${name} - Main Board`,
        provider: 'sqlite',
        provider_config: { project_id: id },
        created_at: createdAt,
        last_used: createdAt,
        tags: [],
        _stored_at: log.iso(),
      },
    ])
    const tail =
      world.active === undefined ? {} : { active_project: { project_id: world.active, _stored_at: log.iso() } }
    log.write('data/marcus_state/projects.json', JSON.stringify({ ...Object.fromEntries(listed), ...tail }, null, 2))
    log.write(
      'data/assignments/assignments.json',
      JSON.stringify(
        Object.fromEntries(
          [...held].map(([agent, task]) => [agent, { task_id: task, assigned_at: log.iso(), task_data: {} }]),
        ),
        null,
        2,
      ),
    )
    log.save(folder)
  }

  return {
    journal: log,
    wait,
    boot,
    stop,
    createProject,
    selectProject,
    card: (name) => find(name).id,
    ...workAt(world),
    unblock: (name) => change(find(name), 'todo', null),
    save: finish,
  }
}
