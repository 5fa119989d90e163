/** What verbs ask of the store: parameters as text in, JSON out. Times are nanoseconds in decimal. */
import { CollectorError, decode } from 'seneca-collector'
import type { LogBatch } from 'seneca-collector'
import type { History, HistoryQuery, StoredRow } from 'seneca-collector/history'
import { compileCondition } from 'seneca-collector/ottl'

export type Question = Readonly<Record<string, string>>

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 10_000

/** Times of records, up to 2^64 - 1. */
const DIGITS = /^-?\d{1,20}$/
/** As stores keep times. */
const TIME_MOST = 2n ** 63n - 1n

const asTime = (name: string, text: string): bigint => {
  const time = DIGITS.test(text) ? BigInt(text) : undefined
  if (time !== undefined && time >= -TIME_MOST) return time < TIME_MOST ? time : TIME_MOST
  throw new CollectorError('usage', `${name} is a time in nanoseconds since 1970, not '${text}'`)
}

const asCount = (name: string, text: string): number => {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count
  throw new CollectorError('usage', `${name} is a whole number, not '${text}'`)
}

const conditionOn = (source: string): ((row: StoredRow) => boolean) => {
  const holds = compileCondition(source, { context: 'event' })
  return ({ line }) => {
    const batch: LogBatch = decode('logs', 'envelope', Buffer.from(`${line}\n`))
    return batch.count === 1 && holds(batch.at(0))
  }
}

const queryOf = (asked: Question): HistoryQuery => {
  const { since, until, pattern, task, agent, severity, text, where, limit, cursor, descending } = asked
  return {
    limit: Math.min(LIMIT_MAX, Math.max(1, limit === undefined ? LIMIT_DEFAULT : asCount('limit', limit))),
    ...(since !== undefined && { since: asTime('since', since) }),
    ...(until !== undefined && { until: asTime('until', until) }),
    ...(pattern !== undefined && { patterns: pattern.split(',') }),
    ...(task !== undefined && { task }),
    ...(agent !== undefined && { agent }),
    ...(severity !== undefined && { severity: asCount('severity', severity) }),
    ...(text !== undefined && { text }),
    ...(where !== undefined && { where: conditionOn(where) }),
    ...(cursor !== undefined && { cursor: asCount('cursor', cursor) }),
    ...(descending === 'true' && { descending: true }),
  }
}

/** The line as it is stored: reading it as JSON and writing it again might change it. */
const shown = ({ seq, id, type, time, hash, line }: StoredRow) => ({ seq, id, type, time: String(time), hash, line })

type Answer = (history: History, asked: Question) => Promise<unknown>

const answers: Readonly<Record<string, Answer>> = {
  async query(history, asked) {
    const { rows, cursor } = await history.query(queryOf(asked))
    return { events: rows.map(shown), cursor: cursor ?? null }
  },
  async event(history, { id = '' }) {
    const row = await history.byId(id)
    if (row === undefined) throw new CollectorError('not_found', `no event with id '${id}' is stored`)
    return shown(row)
  },
  state: (history, { at }) => history.state(at === undefined ? undefined : asTime('at', at)),
  verify: (history) => history.verify(),
  async stats(history) {
    const { firstTime, lastTime, ...rest } = await history.stats()
    const text = (time: bigint | undefined): string | null => (time === undefined ? null : String(time))
    return { ...rest, firstTime: text(firstTime), lastTime: text(lastTime), waiting: history.waiting }
  },
}

/** Undefined: it knows no such question. Rejects with a sentence for what is asked wrongly. */
export const answer = (history: History, topic: string, asked: Question): Promise<unknown> | undefined =>
  Object.hasOwn(answers, topic) ? answers[topic]!(history, asked) : undefined
