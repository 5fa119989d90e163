/**
 * Takes secrets and personal data out of records: attributes by name, text by pattern, in attributes, body and resource, nested
 * values included; of spans also in their events, links and status, of metrics in their data points. Ids, times and the event's name are never touched, so redacted events stay followable. A record without
 * a finding is handed on as the bytes it came in.
 */
import { createHash } from 'node:crypto'
import { definePlugin, isList, isMap, newMap, path } from 'seneca-collector'
import type {
  Attributes,
  Batch,
  ConfigProblem,
  Draft,
  Infer,
  MetricDraft,
  PathKey,
  SpanDraft,
  Value,
} from 'seneca-collector'
import { compilePattern } from 'seneca-collector/ottl'
import type { Pattern } from 'seneca-collector/ottl'
import { rulesOf } from './rules.ts'
import type { Rule } from './rules.ts'
import { schema } from './schema.ts'

type Config = Infer<typeof schema>

/** Attributes that identify a record; without them it could not be followed. */
const kept: ReadonlySet<string> = new Set(['log.record.uid', 'seneca.source', 'seneca.schema_version', 'event.name'])
const patternLists = ['blocked_key_patterns', 'blocked_values', 'allowed_values'] as const
const body = path(['body'])
const statusMessage = path(['status', 'message'])

interface Findings {
  /** Redactions by rule, for the counter. */
  readonly rules: Map<string, number>
  /** Names of attributes whose value was changed, and of those that were removed. */
  readonly masked: Set<string>
  readonly removed: Set<string>
}

interface Redactor {
  /** The value without what is secret; the same value when nothing is. */
  readonly value: (value: Value, found: Findings) => Value
  readonly blocksKey: (key: string) => boolean
  readonly whole: (value: Value) => Value
}

const count = (found: Findings, rule: string): void => void found.rules.set(rule, (found.rules.get(rule) ?? 0) + 1)

const createRedactor = (config: Config): Redactor => {
  const rules = rulesOf(config.built_in, config.blocked_values)
  const allowed = config.allowed_values.map(compilePattern)
  const keys: readonly Pattern[] = config.blocked_key_patterns.map(compilePattern)
  const mask = (secret: string): string =>
    config.action === 'hash' ? createHash('sha256').update(secret).digest('hex').slice(0, 16) : config.mask_text
  const apply = (text: string, rule: Rule, found: Findings): string =>
    rule.pattern.replace(text, (match) => {
      const part = rule.part(match)
      if (part === undefined || allowed.some((each) => each.test(match))) return match
      count(found, rule.name)
      return part.before + mask(part.secret) + match.slice(part.before.length + part.secret.length)
    })
  const text = (value: string, found: Findings): string => {
    let out = value
    for (const rule of rules) if (rule.hint(out)) out = apply(out, rule, found)
    return out
  }
  const whole = (value: Value): Value =>
    mask(
      typeof value === 'string'
        ? value
        : String(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))),
    )
  const blocksKey = (key: string): boolean => keys.some((each) => each.test(key))
  const members = (map: Readonly<Record<string, Value>>, found: Findings): Value => {
    const next = newMap()
    let changed = false
    for (const key of Object.keys(map)) {
      const before = map[key]!
      const blocked = blocksKey(key)
      if (blocked) count(found, 'blocked_key')
      const after = blocked ? whole(before) : redact(before, found)
      changed ||= after !== before
      next[key] = after
    }
    return changed ? next : map
  }
  const redact = (value: Value, found: Findings): Value => {
    if (typeof value === 'string') return text(value, found)
    if (isList(value)) {
      const next = value.map((item) => redact(item, found))
      return next.every((item, i) => item === value[i]) ? value : next
    }
    return isMap(value) ? members(value, found) : value
  }
  return { value: redact, blocksKey, whole }
}

/** Whatever has attributes that can be changed: a record, its resource, an event, a data point. */
interface Editable {
  set(at: readonly PathKey[], value: Value): void
  delete(at: readonly PathKey[]): void
}

const redactAttributes = (
  draft: Editable,
  at: readonly PathKey[],
  entries: Attributes,
  config: Config,
  redactor: Redactor,
  found: Findings,
): void => {
  const ignored = new Set(config.ignored_keys)
  const allowed = config.allow_all_keys ? undefined : new Set(config.allowed_keys)
  for (const [key, value] of Array.from(entries)) {
    if (ignored.has(key) || kept.has(key)) continue
    if (allowed !== undefined && !allowed.has(key)) {
      draft.delete([...at, key])
      found.removed.add(key)
      count(found, 'allowed_keys')
      continue
    }
    const blocked = redactor.blocksKey(key)
    if (blocked) count(found, 'blocked_key')
    const next = blocked ? redactor.whole(value) : redactor.value(value, found)
    if (next === value) continue
    draft.set([...at, key], next)
    found.masked.add(key)
  }
}

type AnyDraft = Draft | SpanDraft | MetricDraft
type Redact<D> = (draft: D, found: Findings) => void

/** What is searched in the records of each signal, beside the resource. */
const createRedacts = (config: Config, redactor: Redactor) => {
  const attributes = (draft: Editable, entries: Attributes, found: Findings): void =>
    redactAttributes(draft, ['attributes'], entries, config, redactor, found)
  const text = (draft: Draft | SpanDraft, at: typeof body, name: string, found: Findings): void => {
    const before = draft.record.get(at)
    const after = before === undefined ? undefined : redactor.value(before, found)
    if (after === undefined || after === before) return
    draft.set(at, after)
    found.masked.add(name)
  }
  const logs: Redact<Draft> = (draft, found) => {
    attributes(draft, draft.record.attributes, found)
    if (config.redact_body) text(draft, body, 'body', found)
    summarize(draft, found, config.summary)
  }
  const traces: Redact<SpanDraft> = (draft, found) => {
    attributes(draft, draft.record.attributes, found)
    for (const nested of [...draft.events, ...draft.links]) attributes(nested, nested.item.attributes, found)
    text(draft, statusMessage, 'status.message', found)
    summarize(draft, found, config.summary)
  }
  const metrics: Redact<MetricDraft> = ({ dataPoints }, found) => {
    for (const point of dataPoints) attributes(point, point.item.attributes, found)
  }
  return { logs, traces, metrics }
}

const summarize = (draft: Editable, { masked, removed }: Findings, level: Config['summary']): void => {
  if (level === 'silent' || masked.size + removed.size === 0) return
  for (const [name, names] of [
    ['masked', masked],
    ['redacted', removed],
  ] as const) {
    if (names.size === 0) continue
    draft.set(['attributes', `redaction.${name}.count`], names.size)
    if (level === 'debug') draft.set(['attributes', `redaction.${name}.keys`], [...names].toSorted().join(','))
  }
}

export default definePlugin({
  kind: 'processor',
  type: 'redact',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Takes secrets and personal data out of records.',
  schema,
  examples: [
    { title: 'The built-in rules', yaml: 'summary: info' },
    {
      title: 'Names and patterns of your own',
      yaml: `blocked_key_patterns: ['(?i)^(prompt|instructions)$', '(?i)password']
blocked_values: ['CUST-[0-9]{6}']
action: hash`,
    },
  ],
  *check(config: Config): Iterable<ConfigProblem> {
    for (const list of patternLists) {
      for (const [i, source] of config[list].entries()) {
        try {
          compilePattern(source)
        } catch (thrown) {
          yield { path: [list, i], message: thrown instanceof Error ? thrown.message : String(thrown) }
        }
      }
    }
    if (config.allow_all_keys && config.allowed_keys.length > 0) {
      yield {
        path: ['allowed_keys'],
        message: 'has no effect while allow_all_keys is true',
        suggestion: 'allow_all_keys: false',
        severity: 'warning',
      }
    }
  },
  create(ctx, config) {
    const redactor = createRedactor(config)
    const counter = ctx.meter.counter('seneca_redactions', {
      description: 'Values redacted, by rule.',
      unit: '{values}',
    })
    const redacts = createRedacts(config, redactor)
    const ofResource = (draft: AnyDraft, found: Findings): void =>
      redactAttributes(
        draft,
        ['resource', 'attributes'],
        draft.record.resource.attributes,
        { ...config, allow_all_keys: true },
        redactor,
        found,
      )
    return {
      async consume(given, signal) {
        const totals = new Map<string, number>()
        const redact = redacts[given.signal] as Redact<AnyDraft>
        const batch = (given as Batch<'logs'>).edit((draft) => {
          const found: Findings = { rules: new Map(), masked: new Set(), removed: new Set() }
          if (config.redact_resource) ofResource(draft, found)
          redact(draft, found)
          for (const [rule, n] of found.rules) totals.set(rule, (totals.get(rule) ?? 0) + n)
        })
        for (const [rule, n] of totals) counter.add(n, { rule })
        await ctx.next(batch, signal)
      },
    }
  },
})
