/**
 * The rules of Marcus: observations in, events out. It has no clock and does no I/O. Time is the source's: it moves with
 * the observations (`apply`) and, where nothing is said, with `advance`; what waits falls due in its order. Given the
 * same observations in any order of reading, facts and ids are the same; in order of their times, so are their contents.
 */
import type { LogInit } from 'seneca-collector'
import type { Micros } from '../micros.ts'
import type { Observation, SourceName } from '../observation.ts'
import {
  fallSilent,
  heldTask,
  live,
  onNoTask,
  onNoTaskDue,
  onRegistration,
  onRequest,
  sayRegistration,
  sayRequest,
  silenceDue,
} from './agents.ts'
import { attach } from './allocation.ts'
import { onBlockDue, onCard, onCompleteDue, onSubtask } from './board.ts'
import { refuseUnknown } from './outcomes.ts'
import { onAgentsPolled, onMeasured, onProjectPolled, onToolResult } from './polls.ts'
import {
  onActiveProject,
  onCreated,
  onCreatedId,
  onCreating,
  onProject,
  onProjectDue,
  onStatusDue,
  saySwitched,
} from './projects.ts'
import { standIn } from './reconcile.ts'
import {
  onArtifact,
  onCost,
  onDecision,
  onEndedDue,
  onOutcome,
  onOutcomeEvent,
  onStarted,
  onTaskName,
} from './records.ts'
import { onAnswer, onAnswerDue, onReport, onReportDue } from './reports.ts'
import type { Agent, Pending, State } from './state.ts'
import {
  announceBoot,
  beginBoot,
  bridgeOutage,
  isNewBoot,
  onBoot,
  onConnection,
  onDenied,
  onGridlock,
  onReachable,
  onRestartDue,
  onStopped,
  onToolCalled,
  onToolFailed,
  onUnmapped,
  onUnreachable,
} from './system.ts'
import {
  isHearsay,
  onAssignment,
  onAutoComplete,
  onRecovered,
  onRecoveredDue,
  onRecovering,
  onRecoveringDue,
  onUnassigned,
  sayAssignment,
  sayUnassigned,
} from './tasks.ts'
import { createWorld, type Settings, type World } from './world.ts'

export interface Domain {
  readonly world: World
  /** Source time as far as it is known. */
  readonly now: Micros
  /** `slack`: other sources may still tell of what happened so much earlier. */
  apply(observation: Observation, slack?: Micros): void
  /** Nothing was said up to this instant. */
  advance(to: Micros): void
  /** No more input will come: what waits for a better trace is told, and nothing is derived from silence. */
  finish(): void
  /** What has happened since the last call. */
  take(): LogInit[]
  /** When the next thing falls due. */
  nextDue(): Micros | undefined
}

type Handlers = {
  readonly [K in Observation['kind']]: (world: World, observation: Extract<Observation, { kind: K }>) => void
}

const handlers: Handlers = {
  boot: onBoot,
  stopped: onStopped,
  registration: onRegistration,
  request: onRequest,
  no_task: onNoTask,
  no_task_answer: onNoTask,
  assignment: onAssignment,
  auto_complete: onAutoComplete,
  unassigned: onUnassigned,
  report: onReport,
  blocker: onReport,
  answer: onAnswer,
  started: onStarted,
  outcome_event: onOutcomeEvent,
  decision: onDecision,
  artifact: onArtifact,
  outcome: onOutcome,
  task_name: onTaskName,
  card: onCard,
  recovered: onRecovered,
  recovering: onRecovering,
  subtask: onSubtask,
  project: onProject,
  active_project: onActiveProject,
  creating: onCreating,
  created: onCreated,
  created_id: onCreatedId,
  gridlock: onGridlock,
  tool_failed: onToolFailed,
  tool_called: onToolCalled,
  denied: onDenied,
  life: (world, { agent, at, ref }) => live(world, agent, at, ref),
  cost: onCost,
  agents_polled: onAgentsPolled,
  project_polled: onProjectPolled,
  measured: onMeasured,
  tool_result: onToolResult,
  unreachable: onUnreachable,
  reachable: onReachable,
  connection: onConnection,
  unmapped: onUnmapped,
}

const sayStandIn = (world: World, observation: Observation): void => {
  if (observation.kind === 'registration') sayRegistration(world, observation)
  else if (observation.kind === 'request') sayRequest(world, observation)
  else if (observation.kind === 'unassigned') sayUnassigned(world, observation)
  else if (observation.kind === 'active_project') saySwitched(world, observation)
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const optional = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

type Due = (world: World, pending: Pending, data: Readonly<Record<string, unknown>>) => void

/** What follows when a wait is over; those with an observation get it back. */
const dues: Readonly<Record<string, Due>> = {
  fact: (world, { observation }, data) => {
    if (observation !== undefined && standIn(world, text(data['key']), number(data['at'])))
      sayStandIn(world, observation)
  },
  no_task: (world, { observation }) => observation && onNoTaskDue(world, observation),
  assign: (world, { observation }) => {
    if (observation?.kind !== 'assignment' || isHearsay(world, observation)) return
    const known = world.state.assignments.get(`${observation.agent}|${observation.task}`)
    const active = known !== undefined && (known.releasedAt === undefined || observation.at <= known.releasedAt)
    if (!active) sayAssignment(world, observation)
  },
  report: (world, _, data) => onReportDue(world, text(data['agent']), number(data['id'])),
  answer: (world, { observation }) => observation && onAnswerDue(world, observation),
  unknown: (world, { due }, data) => {
    const report = world.state.reports.get(text(data['agent']))?.find(({ id }) => id === data['id'])
    if (report !== undefined) refuseUnknown(world, report, Math.min(due, number(data['at'])), data['unknown'] === true)
  },
  complete: (world, { observation }, data) =>
    observation && onCompleteDue(world, text(data['task']), number(data['at']), optional(data['agent']), observation),
  block: (world, { observation, due }, data) =>
    observation && onBlockDue(world, text(data['task']), number(data['at']), optional(data['agent']), observation, due),
  ended: (world, { observation, due }) => observation && onEndedDue(world, observation, due),
  recovering: (world, { observation, due }) =>
    observation?.kind === 'recovering' && onRecoveringDue(world, observation, due),
  recovered: (world, { observation }) => observation?.kind === 'recovered' && onRecoveredDue(world, observation),
  status: (world, _, data) => onStatusDue(world, data),
  project: (world, { observation }) => observation && onProjectDue(world, observation),
  attach: (world, _, data) => {
    const agent = text(data['agent'])
    if (world.agent(agent).project === undefined)
      attach(world, agent, text(data['project']), number(data['at']), 'realtime')
  },
  boot: (world, { observation }) => observation?.kind === 'boot' && beginBoot(world, observation),
  started: (world, _, data) => announceBoot(world, number(data['boot'])),
  restart: (world, { due }, data) => onRestartDue(world, number(data['at']), due),
}

/** Files in which Marcus itself writes as it goes. */
const OWN_TRACES: ReadonlySet<SourceName> = new Set(['realtime', 'conversations', 'agent_events', 'marcus_db', 'audit'])

const STILL_ALIVE: Micros = 2_000_000

/** While Marcus is away nothing is derived about agents. */
const isAway = (world: World): boolean => {
  const { unreachableSince, lastTrace, down } = world.single
  const since = typeof down === 'number' ? down : unreachableSince
  return since !== undefined && lastTrace <= since + STILL_ALIVE
}

interface Next {
  readonly at: Micros
  readonly key?: string
  readonly agent?: Agent
}

const nextOf = (world: World): Next | undefined => {
  let next: Next | undefined
  for (const [key, { due }] of world.state.pending.entries())
    if (next === undefined || due < next.at) next = { at: due, key }
  if (isAway(world)) return next
  for (const agent of world.state.agents.values()) {
    const due = silenceDue(world, agent)
    if (due !== undefined && (next === undefined || due < next.at)) next = { at: due, agent }
  }
  return next
}

const fire = (world: World, { at, key, agent }: Next): void => {
  if (agent !== undefined) {
    const task = heldTask(world, agent)
    if (task !== undefined) fallSilent(world, agent, at, 'threshold', task)
    return
  }
  const pending = key === undefined ? undefined : world.state.pending.get(key)
  if (key === undefined || pending === undefined) return
  world.unwait(key)
  dues[pending.what]?.(world, pending, pending.data ?? {})
}

/** A line that is written twice is one: same source, same instant, same words. So many are remembered. */
const RECENT_MAX = 4_096

const doubleFinder = (): ((observation: Observation) => boolean) => {
  const recent = new Set<string>()
  return (words) => {
    if (words.untimed === true || words.source === 'mcp' || words.source === 'kanban') return false
    const key = JSON.stringify({ ...words, ref: '' })
    if (recent.has(key)) return true
    recent.add(key)
    if (recent.size > RECENT_MAX) recent.delete(recent.values().next().value!)
    return false
  }
}

export const createDomain = (state: State, settings: Settings): Domain => {
  const world = createWorld(state, settings)
  const isDoubled = doubleFinder()
  let now = typeof world.single['now'] === 'number' ? world.single['now'] : 0

  const advance = (to: Micros): void => {
    for (let next = nextOf(world); next !== undefined && next.at <= to; next = nextOf(world)) fire(world, next)
    if (to <= now) return
    now = to
    world.single['now'] = to
    world.touchSingle()
  }

  return {
    world,
    get now() {
      return now
    },
    advance,
    apply: (observation, slack = 0) => {
      const { at, kind, source } = observation
      if (isDoubled(observation)) return
      if (kind === 'boot' && source === 'realtime' && isNewBoot(world, observation)) bridgeOutage(world, at)
      // It ended at some time since its last trace: nobody can be said to have been silent then.
      if (observation.kind === 'stopped' && observation.found === true) world.single['down'] = world.single.lastTrace
      if (source === 'realtime') world.single['realtime'] = true
      if (observation.untimed !== true) advance(at - slack)
      ;(handlers[kind] as (world: World, observation: Observation) => void)(world, observation)
      if (OWN_TRACES.has(source) && at > world.single.lastTrace && observation.untimed !== true) {
        world.single.lastTrace = at
        world.touchSingle()
      }
    },
    finish: () => {
      for (;;) {
        const left = [...world.state.pending.entries()].filter(([, { what }]) => what !== 'restart')
        if (left.length === 0) return
        const [key, { due }] = left.toSorted(([, a], [, b]) => a.due - b.due)[0]!
        fire(world, { at: due, key })
      }
    },
    take: () => world.take(),
    nextDue: () => nextOf(world)?.at,
  }
}
