/** What agents do at the small Marcus: they come, ask, get, report, are refused, block, decide, and are taken from. */
import { formatInstant, type Json } from '../../../core/replay/index.ts'
import { hex, type Card, type World } from './world.ts'

export interface Work {
  register(id: string, name: string, role: string, skills: readonly string[]): void
  /** Gives the card of that name; none: Marcus has nothing. */
  request(agentId: string, card?: string): void
  report(
    agentId: string,
    card: string,
    progress: number,
    options?: { readonly status?: string; readonly refused?: string; readonly unknown?: boolean },
  ): void
  block(agentId: string, card: string, severity: string, description: string): void
  recover(card: string): void
  decide(agentId: string, card: string, what: string): void
}

export const workAt = (world: World): Work => {
  const { log, cards, held, workers, say, think, rpc, change, holding, find } = world
  let decisions = 0

  const register = (id: string, name: string, role: string, skills: readonly string[]): void =>
    rpc(id, 'register_agent', { agent_id: id, name, role, skills, project_id: world.active }, () => {
      say(id, 'worker_to_pm', `Registering as ${role} with skills: ${skills.join(', ')}`, { name, role, skills })
      log.realtime('worker_registration', { worker_id: id, name, role, skills, source: 'mcp_client', target: 'marcus' })
      log.agentEvent('worker_registration', { worker_id: id, name, role, skills })
      log.event('worker_registration', 'mcp_client', { worker_id: id, name, role, skills })
      workers.set(id, { id, name, role, skills, task: undefined, completed: 0 })
      say(id, 'pm_to_worker', `Registration successful. Welcome ${name}!`, { status: 'registered' })
      return { success: true, message: `Agent ${name} registered successfully`, agent_id: id, project_id: world.active }
    })

  const request = (agentId: string, name?: string): void =>
    rpc(agentId, 'request_next_task', { agent_id: agentId }, () => {
      say(agentId, 'worker_to_pm', 'Requesting next task', { worker_info: `Worker ${agentId} requesting task` })
      log.realtime('task_request', { worker_id: agentId, source: agentId, target: 'marcus' })
      log.agentEvent('task_request', { worker_id: agentId })
      log.event('task_request', agentId, { worker_id: agentId, source: agentId, target: 'marcus' })
      think('Need to check current project state')
      log.pass(30)
      return name === undefined ? refuse(agentId) : assign(agentId, find(name))
    })
  const refuse = (agentId: string): Json => {
    const reason = "Waiting for 'something' to complete"
    const answer = {
      success: false,
      message: 'NO TASKS CURRENTLY AVAILABLE',
      retry_after_seconds: 30,
      retry_reason: reason,
    }
    say(agentId, 'pm_to_worker', 'No suitable tasks available at this time', {
      reason: 'no_matching_tasks',
      retry_after_seconds: 30,
    })
    log.conversation({
      tool_name: 'request_next_task',
      arguments: { agent_id: agentId },
      error: 'Unknown error',
      retry_reason: reason,
      response: answer,
      event: "MCP tool 'request_next_task' returned failure",
      level: 'warning',
    })
    return answer
  }
  const assign = (agentId: string, card: Card): Json => {
    const task = { task_id: card.id, task_name: card.name }
    log.event('task_started', agentId, { ...task, estimated_hours: 1 })
    log.pass(20)
    change(card, 'in_progress', agentId)
    // A parent is on its way with its first subtask, and belongs to nobody.
    const parent = card.parentId === undefined ? undefined : cards.get(card.parentId)
    if (parent?.status === 'todo') change(parent, 'in_progress', null)
    held.set(agentId, card.id)
    holding()
    const worker = workers.get(agentId)
    if (worker !== undefined) worker.task = card.id
    log.text(
      `INFO:src.core.assignment_lease:Created lease for task ${card.id} to agent ${agentId} (expires: ${formatInstant(log.now() + 180_000_000)})`,
    )
    say(agentId, 'pm_to_worker', `Assigned task: ${card.name}`, { task_id: card.id, instructions: 'Do it.' })
    log.agentEvent('task_assignment', {
      worker_id: agentId,
      task: { id: card.id, name: card.name, priority: 'medium', estimated_hours: 1 },
    })
    say(agentId, 'pm_to_worker', `Task assigned: ${card.name}`, { ...task, priority: 'medium', estimated_hours: 1 })
    log.realtime('task_assignment', {
      agent_id: agentId,
      ...task,
      priority: 'medium',
      source: 'marcus',
      target: agentId,
    })
    log.event('task_assigned', 'marcus', { agent_id: agentId, ...task, has_context: true, has_dependencies: false })
    log.event('task_assignment', 'marcus', {
      agent_id: agentId,
      ...task,
      priority: 'medium',
      source: 'marcus',
      target: agentId,
    })
    return {
      success: true,
      task: { id: card.id, name: card.name, description: 'x', priority: 'medium', project_id: card.projectId },
    }
  }

  const report: Work['report'] = (agentId, name, progress, options = {}) => {
    const card = options.unknown === true ? undefined : find(name)
    const taskId = card?.id ?? name
    const status = options.status ?? (progress === 100 ? 'completed' : 'in_progress')
    const args = { agent_id: agentId, task_id: taskId, status, progress, message: `${name}: ${progress}%` }
    rpc(agentId, 'report_task_progress', args, () => {
      say(agentId, 'worker_to_pm', `Progress update: ${args.message} (${progress}%)`, {
        task_id: taskId,
        status,
        progress,
      })
      log.agentEvent('progress_update', args)
      think(`Processing progress update from ${agentId}`, { task_id: taskId, status, progress })
      log.pass(40)
      if (options.refused !== undefined) {
        const answer = {
          success: false,
          status: options.refused,
          error: options.refused,
          agent_id: agentId,
          task_id: taskId,
        }
        log.conversation({
          tool_name: 'report_task_progress',
          arguments: args,
          error: options.refused,
          retry_reason: '',
          response: answer,
          event: "MCP tool 'report_task_progress' returned failure",
          level: 'warning',
        })
        return answer
      }
      if (card !== undefined) accepted(agentId, card, progress, status)
      say(agentId, 'pm_to_worker', `Progress update received: ${status} at ${progress}%`, { acknowledged: true })
      return { success: true, message: 'Progress updated successfully' }
    })
  }
  const accepted = (agentId: string, card: Card, progress: number, status: string): void => {
    log.kanban('comments', {
      id: hex(),
      task_id: card.parentId ?? card.id,
      content: `📊 Progress: ${progress}% - ${card.name}`,
      author: null,
      created_at: log.iso(),
    })
    if (progress < 100 && status !== 'completed') {
      log.text(
        `INFO:src.core.assignment_lease:Progressive timeout for ${card.id}: 240s + 60s grace (progress=${progress}%, updates=1)`,
      )
      log.text(
        `INFO:src.core.assignment_lease:Renewed lease for task ${card.id} (progress: ${progress}%, expires: ${formatInstant(log.now() + 240_000_000)})`,
      )
      return
    }
    if (status === 'completed') {
      const outcome = {
        task_id: card.id,
        agent_id: agentId,
        task_name: card.name,
        estimated_hours: 1,
        actual_hours: 0.1,
        success: true,
        blockers: [],
      }
      const times = { started_at: card.updatedAt, completed_at: log.iso() }
      log.row('task_outcomes', `${card.id}_${agentId}_${log.now() / 1e6}`, { ...outcome, ...times })
      log.event('task_completed', agentId, { ...outcome, ...times })
      held.delete(agentId)
      const worker = workers.get(agentId)
      if (worker !== undefined) Object.assign(worker, { task: undefined, completed: worker.completed + 1 })
    }
    log.pass(15)
    change(card, 'done', agentId)
    holding()
    const parent = card.parentId === undefined ? undefined : cards.get(card.parentId)
    if (parent === undefined || [...cards.values()].some((one) => one.parentId === parent.id && one.status !== 'done'))
      return
    change(parent, 'done', null)
    log.realtime('task_assignment', { agent_id: agentId, task_id: parent.id, source: 'auto_complete' })
  }

  const block: Work['block'] = (agentId, name, severity, description) => {
    const card = find(name)
    rpc(
      agentId,
      'report_blocker',
      { agent_id: agentId, task_id: card.id, blocker_description: description, severity },
      () => {
        say(agentId, 'worker_to_pm', `Reporting blocker: ${description}`, { task_id: card.id, severity })
        log.pass(15)
        log.kanban('blockers', {
          id: hex(),
          task_id: card.id,
          description,
          severity: 'medium',
          created_at: log.iso(),
          resolved: 0,
        })
        log.kanban('comments', {
          id: hex(),
          task_id: card.id,
          content: `🚫 BLOCKER (${severity.toUpperCase()})\nReported by: ${agentId}\nDescription: ${description}`,
          author: null,
          created_at: log.iso(),
        })
        change(card, 'blocked', agentId)
        held.delete(agentId)
        const worker = workers.get(agentId)
        if (worker !== undefined) worker.task = undefined
        holding()
        say(agentId, 'pm_to_worker', 'Blocker acknowledged. Suggestions provided.', { suggestions: {}, severity })
        return { success: true, suggestions: {}, message: 'Blocker reported and suggestions provided' }
      },
    )
  }

  const recover = (name: string): void => {
    const card = find(name)
    const agentId = card.assignedTo ?? ''
    log.text(`INFO:src.core.assignment_lease:Recovering task ${card.id} from agent ${agentId} (expired: ${log.iso()})`)
    log.kanban('comments', {
      id: hex(),
      task_id: card.id,
      content: `⚠️ **TASK RECOVERED FROM AGENT ${agentId}**\n\n- Reason: lease_expired`,
      author: null,
      created_at: log.iso(),
    })
    log.pass(30)
    change(card, 'todo', null)
    held.delete(agentId)
    const worker = workers.get(agentId)
    if (worker !== undefined) worker.task = undefined
    holding()
  }

  const decide = (agentId: string, name: string, what: string): void => {
    const card = find(name)
    rpc(agentId, 'log_decision', { agent_id: agentId, task_id: card.id, decision: what }, () => {
      const id = `dec_${++decisions}_${log.now() / 1e6}`
      const data = {
        decision_id: id,
        task_id: card.id,
        agent_id: agentId,
        timestamp: log.iso(),
        what,
        why: 'because',
        impact: 'small',
        project_id: card.projectId,
      }
      for (let twice = 0; twice < 2; twice++) log.event('decision_logged', agentId, data)
      log.row('decisions', id, data)
      return { success: true, decision_id: id, message: 'logged' }
    })
  }

  return { register, request, report, block, recover, decide }
}
