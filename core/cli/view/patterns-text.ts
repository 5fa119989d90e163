/** A pattern report for people: a section for each thing that is there. */
import type { CommonSequence, Hours, PatternReport, Spans, Transition } from '../../analysis/index.ts'
import { table } from '../table.ts'
import { duration } from './event-line.ts'

const BARS = ' ▁▂▃▄▅▆▇█'
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
/** Tenths are told below this. */
const EXACT_BELOW_SECONDS = 10

const span = (seconds: number | null): string => {
  if (seconds === null) return ''
  return seconds < EXACT_BELOW_SECONDS ? `${Math.round(seconds * 10) / 10} s` : duration(seconds)
}
const both = ({ median_seconds: median, p90_seconds: p90 }: Omit<Spans, 'count'>): readonly [string, string] => [
  span(median),
  span(p90),
]

const section = (title: string, header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  rows.length === 0 ? '' : `${title}\n${indented(table(header, rows))}`

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')

const sequences = (of: string, found: readonly CommonSequence[]): string =>
  section(
    `Sequences within one ${of}`,
    ['TIMES', 'MEDIAN', 'P90', 'SEQUENCE'],
    found.map((one) => [one.support, ...both(one), one.sequence.join(' → ')]),
  )

const transitions = (of: string, found: readonly Transition[]): string =>
  section(
    `What follows what within one ${of}`,
    ['TIMES', 'MEDIAN', 'P90', 'FROM', 'TO'],
    found.map((one) => [one.count, ...both(one), one.from, one.to]),
  )

const bar = (counts: readonly number[], most: number): string =>
  counts.map((count) => BARS[count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * (BARS.length - 1)))]).join('')

const hours = ({ timezone, by_hour: byHour, by_weekday: byWeekday }: Hours): string => {
  const days = byWeekday.map((row, day) => ({ day: DAYS[day]!, row })).filter(({ row }) => row.some((n) => n > 0))
  const most = Math.max(...byWeekday.flat(), 1)
  const rows = days.map(({ day, row }) => `  ${day}  ${bar(row, most)}  ${row.reduce((a, b) => a + b, 0)}\n`)
  const all = days.length > 1 ? `  all  ${bar(byHour, Math.max(...byHour, 1))}\n` : ''
  return `Hours of the day (${timezone})\n       0     6     12    18\n${rows.join('')}${all}`
}

const anomalies = ({ learning, findings }: PatternReport['anomalies']): string => {
  if (learning) return 'Unusual volume\n  nothing is said before a day is known\n'
  const what = { volume_spike: 'more', volume_gap: 'less' }
  return section(
    'Unusual volume',
    ['FROM', 'SEEN', 'EVENTS', 'EXPECTED', 'WHAT'],
    findings
      .filter(({ ended }) => !ended)
      .map(({ kind, start, at, observed, expected }) => [
        new Date(start).toISOString().slice(0, 19),
        new Date(at).toISOString().slice(0, 19),
        observed,
        Math.round(expected),
        what[kind],
      ]),
  )
}

const tasks = ({ tasks: of, retries }: PatternReport, top: number): string[] => [
  of.seen === 0
    ? ''
    : `Tasks\n  ${of.seen} seen, ${of.completed} completed, ${of.open} open` +
      `${of.duration.count === 0 ? '' : `; from assignment to completion ${span(of.duration.median_seconds)} (median), ${span(of.duration.p90_seconds)} (p90)`}\n`,
  section(
    `Stuck tasks: held or blocked, nothing heard for ${duration(of.stuck_after_seconds)}`,
    ['SILENT', 'STATUS', 'LAST', 'AGENT', 'TASK'],
    of.stuck.slice(0, top).map((one) => [span(one.idle_seconds), one.status, one.last_type, one.agent, one.task_name]),
  ),
  section(
    'Slow tasks: more than twice the median',
    ['TOOK', 'TIMES', 'AGENT', 'TASK'],
    of.slow.slice(0, top).map((one) => [span(one.seconds), `${one.times}x`, one.agent, one.task_name]),
  ),
  section(
    'Tasks that needed more than one attempt, or were refused',
    ['ATTEMPTS', 'RECOVERED', 'REFUSED', 'STATUS', 'TASK'],
    retries.map((one) => [one.attempts, one.recoveries, one.refusals, one.status, one.task_name]),
  ),
]

const agents = (found: PatternReport['agents'], top: number): string =>
  section(
    'Agents',
    ['AGENT', 'GIVEN', 'DONE', 'LOST', 'BLOCKED', 'REFUSED', 'SILENT', 'MEDIAN', 'P90', 'SIGN EVERY'],
    found
      .slice(0, top)
      .map((one) => [
        one.agent_name,
        one.assigned,
        one.completed,
        one.recovered + one.unassigned,
        one.blocked,
        one.refused,
        one.silent,
        ...both(one.duration),
        span(one.cadence.median_seconds),
      ]),
  )

export const patternsText = (
  report: PatternReport,
  { since, until }: { readonly since: string; readonly until: string },
  top: number,
): string => {
  const types = Object.entries(report.event_types)
  const share = (count: number): string => `${Math.round((count / report.total_events) * 1_000) / 10} %`
  const more = types.length > top ? `  and ${types.length - top} types more\n` : ''
  return [
    `${report.total_events.toLocaleString('en-US')} events of ${types.length} types from ${since} to ${until}\n`,
    section(
      'Types',
      ['EVENTS', 'SHARE', 'TYPE'],
      types.slice(0, top).map(([type, count]) => [count, share(count), type]),
    ) + more,
    sequences('task', report.common_sequences.by_task),
    sequences('agent', report.common_sequences.by_agent),
    transitions('task', report.transitions.by_task),
    transitions('agent', report.transitions.by_agent),
    section(
      'What goes wrong',
      ['TIMES', 'TASKS', 'AGENTS', 'TYPE', 'MOST OFTEN NEXT'],
      report.failures.map((one) => [
        one.count,
        one.tasks,
        one.agents,
        one.type,
        one.next === null ? '' : `${one.next.type} (${one.next.count})`,
      ]),
    ),
    section(
      'And how it goes on',
      ['TIMES', 'OPEN', 'MEDIAN', 'P90', 'FROM', 'TO'],
      report.recoveries.map((one) => [one.count, one.open, ...both(one), one.from, one.to]),
    ),
    ...tasks(report, top),
    agents(report.agents, top),
    hours(report.hours),
    anomalies(report.anomalies),
  ]
    .filter((text) => text !== '')
    .join('\n')
}
