/** Events of a store, page by page. */
import { CollectorError } from '../../kit/errors.ts'
import { severityNumber, timeToText } from '../../model/index.ts'
import type { ShownEvent } from '../view/event-line.ts'
import type { VerbOptions } from '../verb.ts'
import type { Question, Store } from './store.ts'
import { parseWhen } from './when.ts'

/** As the store answers. */
interface Answered {
  readonly seq: number
  readonly id: string
  readonly type: string
  /** Nanoseconds, in decimal. */
  readonly time: string
  readonly hash: string
  /** The envelope, byte for byte as it is stored. */
  readonly line: string
}

export interface Stored extends Omit<Answered, 'time'> {
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly event: ShownEvent
  /** The line is no event any more: `event` is what the store still knows of it. */
  readonly isDamaged: boolean
}

export const filterOptions = {
  since: { type: 'string', value: 'time', description: 'not before: 1h (ago), 17:52 (today), 2026-11-23T17:52:07Z' },
  until: { type: 'string', value: 'time', description: 'before this' },
  task: { type: 'string', value: 'id', description: 'about this task' },
  agent: { type: 'string', value: 'id', description: 'about this agent' },
  severity: { type: 'string', value: 'name', description: 'at least: debug, info, warning, error, critical' },
  text: { type: 'string', value: 'text', description: 'with this somewhere in it' },
  where: { type: 'string', value: 'condition', description: 'an OTTL condition: \'data["progress"] > 50\'' },
} as const satisfies VerbOptions

export type FilterArguments = { readonly [K in keyof typeof filterOptions]: string | undefined }

const severityOf = (name: string): string => {
  const number = severityNumber(name)
  if (number !== undefined) return String(number)
  throw new CollectorError('usage', `there is no severity '${name}'; there are debug, info, warning, error, critical`)
}

export const questionOf = (patterns: readonly string[], args: FilterArguments, nowMs: number): Question => ({
  ...(patterns.length > 0 && { pattern: patterns.join(',') }),
  ...(args.since !== undefined && { since: String(parseWhen(args.since, nowMs)) }),
  ...(args.until !== undefined && { until: String(parseWhen(args.until, nowMs)) }),
  ...(args.severity !== undefined && { severity: severityOf(args.severity) }),
  task: args.task,
  agent: args.agent,
  text: args.text,
  where: args.where,
})

const PAGE = 1_000

const eventIn = (line: string): ShownEvent | undefined => {
  try {
    const event: unknown = JSON.parse(line)
    return typeof event === 'object' && event !== null ? event : undefined
  } catch {
    return undefined
  }
}

export const storedOf = (answered: Answered): Stored => {
  const time = BigInt(answered.time)
  const event = eventIn(answered.line)
  const { id, type } = answered
  const left = {
    id,
    type: `${type} (damaged)`,
    timestamp: timeToText(time),
    body: 'where it is stored; see: audit verify',
  }
  return { ...answered, time, event: event ?? left, isDamaged: event === undefined }
}

/** All that fit, oldest first (or newest, when `descending`), at most `limit`. */
export async function* eventsOf(store: Store, question: Question, limit = Infinity): AsyncGenerator<Stored> {
  let cursor: string | undefined
  for (let left = limit; left > 0;) {
    const asked = { ...question, cursor, limit: String(Math.min(PAGE, left)) }
    const page = (await store.ask('query', asked)) as {
      readonly events: readonly Answered[]
      readonly cursor: number | null
    }
    yield* page.events.map(storedOf)
    left -= page.events.length
    if (page.cursor === null) return
    cursor = String(page.cursor)
  }
}

export const allOf = async (store: Store, question: Question): Promise<readonly Stored[]> => {
  const found: Stored[] = []
  for await (const stored of eventsOf(store, question)) found.push(stored)
  return found
}
