/**
 * Reports and their answers. A report (progress, completion, blocker) is written down before Marcus decides, in two
 * files; the answer comes as a message without a task and as the tool's own answer with everything. Either may be read
 * first. A report is open → accepted | refused, or unknown when no answer came in time or Marcus was started anew.
 */
import { SECOND, type Micros } from '../micros.ts'
import type { Observation } from '../observation.ts'
import { live } from './agents.ts'
import { isFinal } from './final.ts'
import { accept, refuse, secondThoughts } from './outcomes.ts'
import type { Report } from './state.ts'
import type { World } from './world.ts'

/** The last reports of an agent that are kept, to tell late traces from new reports. */
const REPORTS_KEPT = 24
/** Traces of one report lie no further apart. */
const TOLERANCE = 30 * SECOND

type Told = Observation & { readonly kind: 'report' | 'blocker' }
type Answer = Observation & { readonly kind: 'answer' }

const reportsOf = (world: World, agent: string): Report[] => world.state.reports.get(agent) ?? []

const waitingKey = (report: Report): string => `report ${report.id}`

const keep = (world: World, agent: string, reports: readonly Report[]): void => {
  const open = reports.filter(({ settled }) => settled === 'no')
  const closed = reports.filter(({ settled }) => settled !== 'no').slice(-REPORTS_KEPT)
  world.state.reports.set(
    agent,
    [...closed, ...open].toSorted((a, b) => a.id - b.id),
  )
}

const makeReport = (
  world: World,
  observation: Observation & Partial<Report> & { agent: string; task: string },
  to: Report['to'],
): Report => {
  world.single.reports++
  world.touchSingle()
  const { agent, task, at, ref, source, progress = 0, status = '', severity = 'medium', text } = observation
  return {
    id: world.single.reports,
    to,
    agent,
    task,
    progress,
    status,
    severity,
    at,
    ref,
    source,
    traces: [],
    answers: [],
    settled: 'no',
    ...(text === undefined ? {} : { text }),
  }
}

const open = (world: World, report: Report): void => {
  keep(world, report.agent, [...reportsOf(world, report.agent), report])
  const slow = report.to === 'blocker' || isFinal(report)
  const due = report.at + (slow ? world.settings.slowAnswer : world.settings.settle)
  world.wait(waitingKey(report), { due, what: 'report', data: { agent: report.agent, id: report.id } })
}

const sameReport = (report: Report, told: Told): boolean =>
  report.task === told.task &&
  (told.kind === 'blocker'
    ? report.to === 'blocker' && report.severity === told.severity
    : report.to === 'report' && report.progress === told.progress && report.status === told.status)

export const onReport = (world: World, told: Told): void => {
  live(world, told.agent, told.at, told.ref)
  const known = reportsOf(world, told.agent).find(
    (report) =>
      !report.traces.includes(told.source) && sameReport(report, told) && Math.abs(report.at - told.at) <= TOLERANCE,
  )
  if (known !== undefined) {
    known.traces.push(told.source)
    world.state.reports.touch(told.agent)
    return
  }
  const content =
    told.kind === 'blocker'
      ? { severity: told.severity, text: told.description }
      : { progress: told.progress, status: told.status, ...(told.message === undefined ? {} : { text: told.message }) }
  const report = makeReport(world, { ...told, ...content }, told.kind)
  report.traces.push(told.source)
  open(world, report)
  const early = `answer ${told.agent}`
  const waiting = world.state.pending.get(early)?.observation as Answer | undefined
  if (waiting !== undefined && answers(waiting, report)) {
    world.unwait(early)
    onAnswer(world, waiting)
  }
}

const answers = (answer: Answer, report: Report): boolean =>
  report.to === answer.to &&
  !report.answers.includes(answer.via) &&
  (answer.task === undefined || answer.task === report.task) &&
  (answer.progress === undefined || answer.progress === report.progress) &&
  (answer.status === undefined || answer.status === report.status)

const settle = (world: World, report: Report, answer: Answer): void => {
  const before = report.settled
  report.answers.push(answer.via)
  report.settled = answer.ok ? 'accepted' : 'refused'
  world.state.reports.touch(report.agent)
  world.unwait(waitingKey(report))
  if (before === 'no') {
    if (answer.ok) accept(world, report, answer.at)
    else refuse(world, report, answer.at, answer.reason ?? 'refused')
  } else if (before !== report.settled) {
    secondThoughts(world, report, answer.at, answer.ok, before, answer.reason ?? 'refused')
  }
  keep(world, report.agent, reportsOf(world, report.agent))
}

export const onAnswer = (world: World, answer: Answer): void => {
  live(world, answer.agent, answer.at, answer.ref)
  const fitting = reportsOf(world, answer.agent).filter((report) => answers(answer, report))
  const report =
    fitting.find(({ settled }) => settled === 'no') ??
    fitting.findLast(({ settled }) => settled === 'unknown') ??
    fitting[0]
  if (report !== undefined) {
    settle(world, report, answer)
    return
  }
  // The answer was read first, or the report's line is lost: the tool's own answer says all that the report did.
  world.wait(`answer ${answer.agent}`, { due: answer.at + world.settings.settle, what: 'answer', observation: answer })
}

export const onAnswerDue = (world: World, observation: Observation): void => {
  const answer = observation as Answer
  if (answer.via !== 'tool' || answer.task === undefined) return
  const { task, agent, at, ref, source } = answer
  const report = makeReport(
    world,
    {
      task,
      agent,
      at,
      ref,
      source,
      progress: answer.progress ?? 0,
      status: answer.status ?? 'in_progress',
      severity: answer.severity ?? 'medium',
      ...(answer.description === undefined ? {} : { text: answer.description }),
    } as Observation & Partial<Report> & { agent: string; task: string },
    answer.to,
  )
  keep(world, agent, [...reportsOf(world, agent), report])
  settle(world, report, answer)
}

const giveUp = (world: World, report: Report): void => {
  report.settled = 'unknown'
  world.unwait(waitingKey(report))
  accept(world, report, report.at, 'unknown')
  keep(world, report.agent, reportsOf(world, report.agent))
}

/** No answer came in time. */
export const onReportDue = (world: World, agent: string, id: number): void => {
  const report = reportsOf(world, agent).find((one) => one.id === id)
  if (report !== undefined && report.settled === 'no') giveUp(world, report)
}

/** A new Marcus answers nothing that the old one was asked. */
export const giveUpAll = (world: World, before: Micros): void => {
  for (const [agent, reports] of Array.from(world.state.reports.entries())) {
    for (const report of reports) {
      if (report.settled === 'no' && report.at < before) giveUp(world, report)
    }
    world.state.reports.touch(agent)
  }
}
