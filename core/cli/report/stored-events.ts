/** The events of a window out of a store, as the analysis takes them, and what to say when there are none. */
import type { PatternEvent } from '../../analysis/index.ts'
import { CollectorError } from '../../kit/errors.ts'
import { severityNumber } from '../../model/index.ts'
import { eventsOf, type Stored } from '../history/events.ts'
import type { Store } from '../history/store.ts'
import type { Window } from './window.ts'

/** Before the window, for what is usual at which hour. */
const LEARN_MS = 7 * 24 * 3_600_000
/** A report is made in memory; beyond that a shorter window is asked for. */
const EVENTS_MOST = 1_000_000
const NANOS_PER_MS = 1_000_000

interface About {
  readonly task: string | undefined
  readonly agent: string | undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A card that Marcus, a person or its subtasks closed was not completed by the agent that it names. */
const closedByOthers: ReadonlySet<string> = new Set(['marcus', 'subtasks', 'person'])

const patternEvent = ({ event, time, type }: Stored): PatternEvent => {
  const data = (event.data ?? {}) as Readonly<Record<string, unknown>>
  const { severity } = (event.metadata ?? {}) as { readonly severity?: unknown }
  return {
    time: Number(time) / NANOS_PER_MS,
    type,
    task: text(data['task_id']),
    agent: closedByOthers.has(text(data['by'])) ? '' : text(data['agent_id']),
    taskName: text(data['task_name']),
    agentName: text(data['agent_name']) || (type === 'agent.registered' ? text(data['name']) : ''),
    severity: severityNumber(text(severity)) ?? 0,
  }
}

const nanos = (ms: number): string => String(BigInt(Math.trunc(ms)) * BigInt(NANOS_PER_MS))

/** Those of the window, and of the week before it as far as they are stored; in no order. */
export const readEvents = async (store: Store, window: Window, about: About): Promise<PatternEvent[]> => {
  const found: PatternEvent[] = []
  const question = { ...about, until: nanos(Math.ceil(window.until)), descending: 'true' }
  const read = async (since: number, until: string): Promise<void> => {
    for await (const stored of eventsOf(store, { ...question, since: nanos(since), until })) {
      found.push(patternEvent(stored))
      if (found.length > EVENTS_MOST) return
    }
  }
  await read(window.since, question.until)
  if (found.length > EVENTS_MOST)
    throw new CollectorError(
      'too_large',
      `the window holds more than ${EVENTS_MOST.toLocaleString('en-US')} events; give a shorter --window, or --task or --agent`,
    )
  if (found.length > 0) await read(window.since - LEARN_MS, nanos(window.since))
  return found
}

const shown = (time: string): string => new Date(Number(time) / NANOS_PER_MS).toISOString().replace(/\.\d+Z$/, 'Z')

export const whyEmpty = async (store: Store, window: Window): Promise<string> => {
  const { events, firstTime, lastTime } = (await store.ask('stats')) as {
    readonly events: number
    readonly firstTime: string | null
    readonly lastTime: string | null
  }
  if (events === 0 || firstTime === null || lastTime === null)
    return `The store '${store.id}' is empty: is the exporter of that name in a pipeline (seneca-collector graph), and does anything come (seneca-collector tap)?`
  const from = shown(nanos(window.since))
  return (
    `No event that fits happened from ${from} to ${shown(nanos(window.until))}. The store '${store.id}' holds ` +
    `${events.toLocaleString('en-US')} events from ${shown(firstTime)} to ${shown(lastTime)}: name that time with --since and --until.`
  )
}
