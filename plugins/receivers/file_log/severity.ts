/**
 * The `severity` block: a value becomes a severity number by OpenTelemetry's default names (`info`, `warn`, `error2` …,
 * any case) and by `mapping`, which takes names, whole numbers, lists, `{min, max}` and `2xx` … `5xx`.
 */
import type { ConfigProblem, Draft } from 'seneca-collector'
import { parseField, scalarText } from './field.ts'

export interface SeverityOptions {
  readonly parse_from: string
  readonly preset?: 'default' | 'none'
  readonly mapping?: Readonly<Record<string, unknown>>
  readonly overwrite_text?: boolean
}

const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const aliases: Readonly<Record<string, string>> = { default: '', warning: 'warn' }

const levels = new Map<string, number>()
for (const [index, name] of names.entries()) {
  for (let step = 0; step < 4; step++) levels.set(step === 0 ? name : `${name}${step + 1}`, index * 4 + step + 1)
}
levels.set('default', 0)

const presets = (): Map<string, number> => {
  const preset = new Map<string, number>([...levels].filter(([name]) => name !== 'default'))
  for (const [alias, name] of Object.entries(aliases)) if (name !== '') preset.set(alias, levels.get(name) ?? 0)
  return preset
}

interface Range {
  readonly min: number
  readonly max: number
  readonly level: number
}

const CLASS = /^([2-5])xx$/

const rangeOf = (value: unknown, level: number): Range | undefined => {
  const match = typeof value === 'string' ? CLASS.exec(value) : null
  if (match !== null) return { min: Number(match[1]) * 100, max: Number(match[1]) * 100 + 99, level }
  const { min, max } = (typeof value === 'object' && value !== null ? value : {}) as { min?: unknown; max?: unknown }
  return typeof min === 'number' && typeof max === 'number' ? { min, max, level } : undefined
}

const isSingle = (value: unknown): value is string | number => typeof value === 'string' || Number.isInteger(value)

const optionNames = new Set(['parse_from', 'preset', 'mapping', 'overwrite_text'])

export const checkSeverity = (options: unknown, path: readonly (string | number)[]): ConfigProblem[] => {
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null) return [{ path, message: 'severity must be a map' }]
  const { parse_from: from, mapping, preset } = options as Partial<SeverityOptions>
  const problems: ConfigProblem[] = []
  for (const key of Object.keys(options)) {
    if (!optionNames.has(key)) problems.push({ path: [...path, key], message: `severity has no option ${key}` })
  }
  if (typeof from !== 'string' || parseField(from) === undefined) {
    problems.push({ path: [...path, 'parse_from'], message: 'severity needs parse_from, such as attributes.level' })
  }
  if (preset !== undefined && preset !== 'default' && preset !== 'none') {
    problems.push({ path: [...path, 'preset'], message: 'preset must be default or none' })
  }
  for (const [name, value] of Object.entries(mapping ?? {})) {
    if (!levels.has(name)) problems.push({ path: [...path, 'mapping', name], message: `${name} is no severity` })
    const wrong = [value].flat().some((item) => !isSingle(item) && rangeOf(item, 0) === undefined)
    if (wrong)
      problems.push({ path: [...path, 'mapping', name], message: 'give names, whole numbers, {min, max} or 2xx … 5xx' })
  }
  return problems
}

export const createSeverity = (options: SeverityOptions): ((draft: Draft) => void) => {
  const field = parseField(options.parse_from)
  const single = options.preset === 'none' ? new Map<string, number>() : presets()
  const ranges: Range[] = []
  for (const [name, value] of Object.entries(options.mapping ?? {})) {
    const level = levels.get(name) ?? 0
    for (const item of [value].flat()) {
      const range = rangeOf(item, level)
      if (range !== undefined) ranges.push(range)
      else single.set(String(item).toLowerCase(), level)
    }
  }
  const levelOf = (written: string): number => {
    const text = written.toLowerCase()
    const level = single.get(text)
    if (level !== undefined) return level
    const number = Number(text)
    return ranges.find((range) => number >= range.min && number <= range.max)?.level ?? 0
  }
  return (draft) => {
    const value = scalarText(field === undefined ? undefined : draft.record.get(field.path))
    if (value === undefined) throw new TypeError(`${options.parse_from} is absent or no scalar`)
    const level = levelOf(value)
    draft.set(['severity_number'], level)
    const standard = names[Math.floor((level - 1) / 4)]?.toUpperCase()
    const overwrite = options.overwrite_text === true && standard !== undefined
    draft.set(['severity_text'], overwrite ? `${standard}${(level - 1) % 4 === 0 ? '' : ((level - 1) % 4) + 1}` : value)
  }
}
