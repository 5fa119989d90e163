/** Is this thing a plugin? What a loader asks of a default export, in sentences for its author. */
import type { Kind } from './plugin.ts'

const KINDS: readonly Kind[] = ['receiver', 'processor', 'connector', 'exporter', 'extension']
const SIGNALS = ['logs', 'metrics', 'traces']
const STABILITIES = ['experimental', 'beta', 'stable']
const TYPE_NAME = /^[a-z][a-z0-9_]*$/

type Loose = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (items: readonly string[]): string => items.map((item) => `'${item}'`).join(', ')

const checks: readonly (readonly [(d: Loose) => boolean, string])[] = [
  [(d) => KINDS.includes(d['kind'] as Kind), `'kind' must be one of ${list(KINDS)}`],
  [
    (d) => typeof d['type'] === 'string' && TYPE_NAME.test(d['type']),
    `'type' must be a name of lower-case letters, digits and underscores`,
  ],
  [
    (d) => Array.isArray(d['signals']) && d['signals'].every((s) => SIGNALS.includes(s as string)),
    `'signals' must be a list of ${list(SIGNALS)}`,
  ],
  [
    (d) =>
      d['makes'] === undefined || (Array.isArray(d['makes']) && d['makes'].every((s) => SIGNALS.includes(s as string))),
    `'makes' must be a list of ${list(SIGNALS)}`,
  ],
  [(d) => STABILITIES.includes(d['stability'] as string), `'stability' must be one of ${list(STABILITIES)}`],
  [(d) => typeof d['summary'] === 'string' && d['summary'] !== '', `'summary' must be one sentence`],
  [(d) => isMap(d['schema']) && d['schema']['type'] === 'object', `'schema' must be a JSON Schema with type 'object'`],
  [
    (d) =>
      Array.isArray(d['examples']) &&
      d['examples'].every((e) => isMap(e) && typeof e['title'] === 'string' && typeof e['yaml'] === 'string'),
    `'examples' must be a list of { title, yaml }`,
  ],
  [(d) => typeof d['create'] === 'function', `'create' must be a function (ctx, config)`],
  [
    (d) => d['delivery'] === undefined || d['delivery'] === 'required' || d['delivery'] === 'best_effort',
    `'delivery' must be 'required' or 'best_effort'`,
  ],
  [
    (d) => d['concurrency'] === undefined || ['number', 'function'].includes(typeof d['concurrency']),
    `'concurrency' must be a number or a function of the options`,
  ],
]

/** All that is wrong with it; empty for a plugin. */
export const definitionProblems = (candidate: unknown): readonly string[] => {
  if (!isMap(candidate)) return ['it must be what definePlugin({ … }) answers']
  return checks.filter(([ok]) => !ok(candidate)).map(([, problem]) => problem)
}
