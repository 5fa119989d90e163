/**
 * What really happened on a recorded day, worked out from what clients and Marcus said to one another, from what a
 * watcher saw of the board, and from the rows Marcus kept: written from the catalogue's rules alone, and sharing no code
 * with the receiver that it judges.
 */
import { parseInstant, seconds, type Json, type Micros, type Recording } from '../../core/replay/index.ts'
import { around, isObject, SLACK, succeeded, textOf, type Day } from './day.ts'
import type { Expectation } from './expectation.ts'
import { boardExpectations, boardOf } from './truth-board.ts'
import { agentExpectations } from './truth-agents.ts'

const rows = (recording: Recording, collection: string): Json[] =>
  recording.database('data/marcus.db', (db) =>
    db
      .prepare('SELECT data FROM persistence WHERE collection = ? ORDER BY rowid')
      .all(collection)
      .map((row) => JSON.parse(String(row['data'])) as Json),
  ) ?? []

/** Facts that Marcus itself keeps a row of: what agents decided and made, how tasks were judged, what was paid. */
const keptRows = ({ recording }: Day): Expectation[] => {
  const at = (row: Json, key: string): { from: Micros; to: Micros } => {
    const time = parseInstant(row[key]) ?? 0
    return { from: time - SLACK, to: time + SLACK }
  }
  const decisions = rows(recording, 'decisions').map((row): Expectation => {
    const data = {
      decision_id: row['decision_id'],
      task_id: row['task_id'],
      agent_id: row['agent_id'],
      what: row['what'],
    }
    return { type: 'decision.logged', ...at(row, 'timestamp'), data }
  })
  const artifacts = rows(recording, 'artifacts').map((row): Expectation => {
    const data = { task_id: row['task_id'], filename: row['filename'], artifact_type: row['artifact_type'] }
    return { type: 'artifact.logged', ...at(row, 'timestamp'), data }
  })
  const assessed = rows(recording, 'task_outcomes').map((row): Expectation => {
    const planning = typeof row['task_id'] === 'string' && row['task_id'].startsWith('planning_')
    return {
      type: 'task.quality.assessed',
      ...at(row, 'completed_at'),
      data: { task_id: row['task_id'] },
      optional: planning,
    }
  })
  const started = rows(recording, 'events')
    .filter((row) => row['event_type'] === 'task_started')
    .map((row): Expectation => {
      const data = isObject(row['data']) ? row['data'] : {}
      return {
        type: 'task.started',
        ...at(row, 'timestamp'),
        data: { task_id: data['task_id'], agent_id: row['source'] },
      }
    })
  const costs =
    recording
      .database('home/costs.db', (db) => db.prepare('SELECT * FROM token_events').all() as Json[])
      ?.map((row): Expectation => {
        const data = { operation: row['operation'], model: row['model'], input_tokens: row['input_tokens'] }
        return { type: 'cost.recorded', ...at(row, 'timestamp'), data }
      }) ?? []
  return [...decisions, ...artifacts, ...assessed, ...started, ...costs]
}

/** Marcus's own starts, ends and absences. The outage at the end of the day may or may not be noticed before it is over. */
const systemExpectations = (
  { boots, end }: Day,
  { live, outageSeconds = 0 }: Pick<TruthOptions, 'live' | 'outageSeconds'>,
): Expectation[] =>
  boots.flatMap((boot, index): Expectation[] => {
    const next = boots[index + 1]
    const last = next === undefined
    const started = {
      type: 'system.started',
      from: boot.startedAt - seconds(4),
      to: boot.upAt + SLACK,
      data: { boot: boot.number },
    }
    if (!Number.isFinite(boot.downAt)) return [started]
    const gone = {
      from: boot.downAt - seconds(2),
      to: Math.min(boot.downAt + seconds(120), next?.upAt ?? end + seconds(180)),
    }
    const stopped = { type: 'system.stopped', ...gone, data: { boot: boot.number }, optional: last && !live }
    const brief = last || next.upAt - boot.downAt < seconds(outageSeconds)
    const back = last ? [] : [{ from: next.startedAt - SLACK, to: next.upAt + seconds(40), data: {}, optional: brief }]
    const outage: Expectation[] = live
      ? [
          { type: 'system.unreachable', ...gone, data: {}, optional: brief },
          ...back.map((one) => ({ type: 'system.recovered', ...one })),
        ]
      : []
    return [started, stopped, ...outage]
  })

const projectExpectations = ({ recording, calls }: Day): Expectation[] => {
  const truth = recording.lines('truth.ndjson')
  let active: unknown
  return calls.filter(succeeded).flatMap((call): Expectation[] => {
    const answer = call.answer as Json
    const made = call.tool === 'create_project' || call.tool === 'create_tasks'
    if (made) {
      const noted = truth.find(
        (line) =>
          line['what'] === 'project_created' &&
          Math.abs((parseInstant(line['ts']) ?? 0) - call.answeredAt) < seconds(2),
      )
      const projectId = noted?.['project_id'] ?? answer['project_id']
      const old = active
      active = projectId
      const created: Expectation[] =
        call.tool === 'create_project'
          ? [
              {
                type: 'project.created',
                ...around(call),
                data: { project_id: projectId, project_name: call.arguments['project_name'] },
              },
            ]
          : []
      return old === projectId
        ? created
        : [...created, { type: 'project.switched', ...around(call), data: { project_id: projectId } }]
    }
    if (call.tool !== 'select_project' && call.tool !== 'switch_project') return []
    const chosen = isObject(answer['project'])
      ? answer['project']['id']
      : (answer['project_id'] ?? call.arguments['project_id'])
    if (chosen === active) return []
    active = chosen
    return [{ type: 'project.switched', ...around(call), data: { project_id: chosen } }]
  })
}

/** An observer's poll may find each state that the recorded observer found, for as long as it lasted. */
const polledExpectations = ({ calls, boots }: Day): Expectation[] => {
  const answers = calls.filter((call) => call.tool === 'list_registered_agents' && succeeded(call))
  const last = new Map<string, { shown: string; expectation: { to: Micros } & Expectation }>()
  const out: Expectation[] = []
  for (const call of answers.toSorted((a, b) => a.answeredAt - b.answeredAt)) {
    const agents = (call.answer as Json)['agents']
    const boot = boots.findLast(({ startedAt }) => startedAt <= call.sentAt)
    for (const agent of Array.isArray(agents) ? (agents as readonly Json[]) : []) {
      const tasks = Array.isArray(agent['current_tasks']) ? (agent['current_tasks'] as readonly unknown[]) : []
      const data = { agent_id: agent['id'], status: agent['status'], current_task: tasks[0] ?? null }
      const key = `${boot?.number} ${textOf(agent['id'])}`
      const shown = JSON.stringify(data)
      const before = last.get(key)
      const to = call.answeredAt + seconds(120)
      if (before?.shown === shown) {
        before.expectation.to = to
        continue
      }
      const from = before === undefined ? (boot?.startedAt ?? call.sentAt) : call.sentAt - SLACK
      const expectation = { type: 'agent.status.updated', from, to, data, optional: true }
      last.set(key, { shown, expectation })
      out.push(expectation)
    }
  }
  return out
}

export interface TruthOptions {
  /** A live replay sees outages; a backfill reads what was left. */
  readonly live: boolean
  readonly silenceSeconds?: number
  /** Shorter outages may go unnoticed: on a fast clock they last a blink of the machine's time. */
  readonly outageSeconds?: number
}

export const truthOf = (day: Day, { live, silenceSeconds = 240, outageSeconds = 0 }: TruthOptions): Expectation[] => {
  const board = boardOf(day.recording, day.calls)
  return [
    ...agentExpectations(day, board, silenceSeconds),
    ...boardExpectations(day, board),
    ...keptRows(day),
    ...systemExpectations(day, { live, outageSeconds }),
    ...projectExpectations(day),
    ...(live ? polledExpectations(day) : []),
  ]
}

/** For people: the day's expectations by type. */
export const countExpectations = (expectations: readonly Expectation[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { type, optional } of expectations) {
    const key = optional === true ? `${type} (optional)` : type
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
