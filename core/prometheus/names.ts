/**
 * Names of OpenTelemetry as names of Prometheus, by the rules of "Prometheus and OpenMetrics Compatibility" (OpenTelemetry
 * specification) as the OpenTelemetry Collector and Prometheus apply them:
 *
 *   metric name = [namespace "_"] words ["_" unit] ["_per_" per-unit] ["_ratio" of a gauge without unit] ["_total" of a counter]
 *
 * `words` are the runs of `[a-zA-Z0-9:]`; a unit or a suffix that is among them already is not said twice. A unit in
 * braces is an annotation and left out.
 */
export type MetricKind = 'counter' | 'gauge' | 'other'

export interface Naming {
  /** Comes before every name. */
  readonly namespace: string
  /** Unit and type become part of the name. */
  readonly suffixes: boolean
}

/** UCUM to Prometheus's base units. */
const units = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tebibytes'],
  ['KBy', 'kilobytes'],
  ['kBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])
const perUnits = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

const wordsOf = (text: string): string[] => text.split(/[^a-zA-Z0-9:]+/u).filter((word) => word !== '')

const translated = (unit: string, table: ReadonlyMap<string, string>): string => {
  const bare = unit.trim()
  if (bare === '' || /[{}]/.test(bare)) return ''
  return wordsOf(table.get(bare) ?? bare).join('_')
}

interface UnitParts {
  readonly main: string
  readonly per: string
}

const unitParts = (unit: string): UnitParts => {
  const slash = unit.indexOf('/')
  const main = translated(slash < 0 ? unit : unit.slice(0, slash), units)
  const per = slash < 0 ? '' : translated(unit.slice(slash + 1), perUnits)
  return { main, per: per === '' ? '' : `per_${per}` }
}

const without = (words: readonly string[], word: string): string[] => words.filter((one) => one !== word)

const withSuffixes = (words: readonly string[], unit: string, kind: MetricKind): string[] => {
  const { main, per } = unitParts(unit)
  const named = [...words, ...[main, per].filter((part) => part !== '' && !words.includes(part))]
  if (kind === 'counter') return [...without(named, 'total'), 'total']
  return kind === 'gauge' && unit === '1' ? [...without(named, 'ratio'), 'ratio'] : named
}

const notDigitFirst = (name: string): string => (/^\d/.test(name) ? `_${name}` : name)

/** '' when nothing of the name can be kept. */
export const metricName = (name: string, unit: string, kind: MetricKind, naming: Naming): string => {
  const words = naming.suffixes ? wordsOf(name) : name.split(/[^a-zA-Z0-9:_]+/u).filter((word) => word !== '')
  if (words.join('').replaceAll('_', '') === '') return ''
  const all = naming.suffixes ? withSuffixes(words, unit, kind) : words
  const namespace = naming.namespace.split(/[^a-zA-Z0-9:_]+/u).filter((word) => word !== '')
  return notDigitFirst([...namespace, ...all].join('_'))
}

/** What tells of a resource is called, with the namespace as everything else. */
export const targetInfoName = (naming: Naming): string =>
  metricName('target_info', '', 'other', { ...naming, suffixes: false })

/** The unit as OpenMetrics's UNIT line says it; '' when there is none. */
export const unitName = (unit: string): string => {
  const { main, per } = unitParts(unit)
  return [main, per].filter((part) => part !== '').join('_')
}

const labelled = (name: string): string => {
  const label = name.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
  if (label.replaceAll('_', '') === '' && label !== name) return ''
  if (/^\d/.test(label)) return `key_${label}`
  return label.startsWith('_') && !label.startsWith('__') ? `key${label}` : label
}

/** Attributes have few keys, and each is asked for at every data point. */
const known = new Map<string, string>()
const KNOWN_MOST = 10_000

/** '' when nothing of the name can be kept. Names that begin with two underscores are Prometheus's own, and kept. */
export const labelName = (name: string): string => {
  const before = known.get(name)
  if (before !== undefined) return before
  const label = labelled(name)
  if (known.size < KNOWN_MOST) known.set(name, label)
  return label
}
