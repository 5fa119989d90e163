/**
 * The rules at work on one record after the other: looks, compares with what is remembered, remembers, and makes the events
 * of what has changed. A snapshot older than its base is compared with nothing, and counted.
 */
import { timeToText, type Context, type LogInit, type LogRecord, path } from 'seneca-collector'
import { compilePattern, event, eventId, type Row } from 'seneca-collector/events'
import { compileConditions, failureReporter } from 'seneca-collector/ottl'
import type { Base, Bases } from './bases.ts'
import { compare, type Change } from './changes.ts'
import type { Rule } from './options.ts'
import { createEye, type Seen } from './snapshots.ts'

/** What a rule found: a change, none, the first snapshot of a thing, or nothing it could compare. */
export type Verdict = 'changed' | 'unchanged' | 'new' | 'skipped'

const UID = path(['attributes', 'log.record.uid'])
/** For how many types it is remembered which rules take them. */
const TYPES_REMEMBERED_MAX = 1_000
/** Where a thing among gathered ones keeps its own time. */
const AT = 'at'

interface When {
  readonly time: bigint
  readonly observed: boolean
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

const compileRule = (ctx: Context, rule: Rule, onError: ReturnType<typeof failureReporter>) => {
  const now = (): bigint => ctx.clock.nanos()
  const conditions =
    rule.where === undefined
      ? undefined
      : compileConditions([rule.where], { context: 'event', errorMode: 'ignore', onError, now })
  return {
    look: createEye(rule),
    rule,
    takes: compilePattern(rule.from),
    ends: rule.until === undefined ? (): boolean => false : compilePattern(rule.until),
    holds: (record: LogRecord): boolean => conditions === undefined || conditions.first(record) >= 0,
    /** Things told of one by one, compared as groups: they share one base. */
    gathers: rule.group_by !== undefined && rule.rows === undefined,
  }
}
type Compiled = ReturnType<typeof compileRule>

const eventOf = (
  ctx: Context,
  change: Change,
  seen: Seen,
  when: When,
  record: LogRecord,
  id: string,
  base: Base | undefined,
): LogInit => {
  const exact = id === '' ? [String(when.time), JSON.stringify(change.data, bigintAsText)] : [id]
  return event({
    type: change.type,
    id: eventId(ctx.id, change.type, [seen.name, ...change.natural, ...exact]),
    source: ctx.id,
    time: when.time,
    data: change.data,
    derived: true,
    evidence: [base?.id ?? '', id].filter((one) => one !== ''),
    timeIsObserved: when.observed,
    ...(base === undefined ? {} : { timeRange: [timeToText(base.time), timeToText(when.time)] as const }),
    ...(record.traceId === '' ? {} : { traceId: record.traceId }),
  })
}

/** The thing among all that the rule has gathered; undefined when something newer is known of it. */
const gathered = (seen: Seen, base: Base | undefined, { time }: When, ends: boolean): Seen | undefined => {
  const rows = new Map(base?.rows)
  for (const [key, row] of seen.rows) {
    const at = rows.get(key)?.[AT]
    if (typeof at === 'bigint' && at > time) return undefined
    if (ends) rows.delete(key)
    else rows.set(key, { ...row, [AT]: time } satisfies Row)
  }
  return { ...seen, rows }
}

/** `drops`: what is unchanged will be left out, so it must not be named as evidence. */
export const createWatch = (ctx: Context, given: readonly Rule[], bases: Bases, drops: boolean) => {
  const onError = failureReporter(ctx)
  const rules = given.map((rule) => compileRule(ctx, rule, onError))
  const skipped = ctx.meter.counter('seneca_state_change_skipped', {
    description: 'Snapshots that were compared with nothing, by reason.',
    unit: '{snapshots}',
  })
  const byType = new Map<string, readonly Compiled[]>()
  const rulesFor = (type: string): readonly Compiled[] => {
    const known = byType.get(type)
    if (known !== undefined) return known
    const found = rules.filter((rule) => rule.takes(type) || rule.ends(type))
    if (byType.size < TYPES_REMEMBERED_MAX) byType.set(type, found)
    return found
  }
  const skip = (reason: string): Verdict => {
    skipped.add(1, { reason })
    return 'skipped'
  }
  const whenOf = (record: LogRecord): When =>
    record.time > 0n
      ? { time: record.time, observed: false }
      : { time: record.observedTime > 0n ? record.observedTime : ctx.clock.nanos(), observed: true }

  /** Compares what was seen with the base, and remembers it. */
  const judge = (rule: Compiled, record: LogRecord, seen: Seen, base: Base | undefined, made: LogInit[]): Verdict => {
    const when = whenOf(record)
    const uid = record.get(UID)
    const id = typeof uid === 'string' ? uid : ''
    const { changes, rows, differs } = compare(rule.rule, base?.rows ?? new Map(), seen, when.time)
    const time = base !== undefined && base.time > when.time ? base.time : when.time
    const named = drops && base !== undefined && !differs ? base.id : id
    if (!bases.put(seen.name, { rows, time, id: named }, base === undefined || differs)) return skip('over keys_max')
    if (base === undefined && !rule.gathers) return 'new'
    for (const change of changes)
      made.push(eventOf(ctx, change, seen, when, record, id, rule.gathers ? undefined : base))
    return differs ? 'changed' : 'unchanged'
  }

  const apply = (rule: Compiled, record: LogRecord, made: LogInit[]): Verdict => {
    const ends = rule.ends(record.eventName)
    if (!ends && !rule.holds(record)) return 'skipped'
    const seen = rule.look(record)
    if (seen === undefined) return 'skipped'
    if (seen === 'unreadable') return skip('no list')
    const base = bases.get(seen.name)
    if (rule.gathers) {
      const all = gathered(seen, base, whenOf(record), ends)
      return all === undefined ? skip('late') : judge(rule, record, all, base, made)
    }
    if (base !== undefined && whenOf(record).time < base.time) return skip('late')
    if (!ends) return judge(rule, record, seen, base, made)
    bases.forget(seen.name)
    return 'new'
  }

  /** Adds the changes to `made`; the answer is what each rule that takes the record found. */
  return (record: LogRecord, made: LogInit[]): readonly Verdict[] =>
    rulesFor(record.eventName).map((rule) => apply(rule, record, made))
}
