import { stringify } from 'yaml'
import { type Effective, configOrThrow, effective, effectiveValue, renderProblems } from '../config/index.ts'
import { toJson } from '../control/json.ts'
import { exitCode } from './exit-codes.ts'
import { load } from './load.ts'
import { configOptions, defineVerb, jsonOption } from './verb.ts'

const scalar = (value: unknown): string => stringify(value, { lineWidth: 0 }).trimEnd()

const padding = (depth: number): string => '  '.repeat(depth)

interface Line {
  readonly text: string
  readonly origin: string
}

/** YAML of our own making, because each line carries its origin. */
const linesOf = (node: Effective, depth: number): Line[] => {
  if (node.kind === 'map') {
    return [...node.entries].flatMap(([key, value]) => {
      const name = `${padding(depth)}${scalar(key)}:`
      return child(name, value, depth)
    })
  }
  if (node.kind === 'list') {
    return node.items.flatMap((item) => {
      if (item.kind === 'value') return child(`${padding(depth)}-`, item, depth)
      const [first, ...rest] = linesOf(item, depth + 1)
      if (first === undefined)
        return [{ text: `${padding(depth)}- ${item.kind === 'map' ? '{}' : '[]'}`, origin: item.origin }]
      return [{ text: `${padding(depth)}- ${first.text.trimStart()}`, origin: first.origin }, ...rest]
    })
  }
  return [{ text: `${padding(depth)}${scalar(node.value)}`, origin: node.origin }]
}

const child = (name: string, value: Effective, depth: number): Line[] => {
  if (value.kind === 'value') {
    const [first = '', ...rest] = scalar(value.value).split('\n')
    return [
      { text: `${name} ${first}`, origin: value.origin },
      ...rest.map((text) => ({ text: `${padding(depth + 1)}${text.trim()}`, origin: '' })),
    ]
  }
  const size = value.kind === 'map' ? value.entries.size : value.items.length
  if (size === 0) return [{ text: `${name} ${value.kind === 'map' ? '{}' : '[]'}`, origin: value.origin }]
  return [{ text: name, origin: '' }, ...linesOf(value, depth + 1)]
}

const COLUMN_MOST = 60

const withOrigins = (lines: readonly Line[]): string => {
  const width = Math.min(COLUMN_MOST, Math.max(0, ...lines.map(({ text }) => text.length)))
  return lines
    .map(({ text, origin }) => (origin === '' ? `${text}\n` : `${text.padEnd(width)}  # ${origin}\n`))
    .join('')
}

const jsonWithOrigins = (node: Effective): unknown => {
  if (node.kind === 'value') return { value: node.value, origin: node.origin }
  if (node.kind === 'list') return node.items.map(jsonWithOrigins)
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, jsonWithOrigins(value)]))
}

export const verb = defineVerb({
  name: 'print-config',
  summary: 'Print the configuration as it takes effect: merged, substituted, with defaults; secrets hidden.',
  options: {
    ...configOptions,
    ...jsonOption,
    origins: { type: 'boolean', description: 'say of each value where it comes from' },
  },
  examples: [['print-config --origins', 'each value with its file and line, variable, --set or default']],
  async run({ options }, io) {
    const loaded = await load(options, io)
    configOrThrow(loaded)
    if (loaded.problems.length > 0) io.err(`${renderProblems(loaded.problems)}\n\n`)
    const tree = effective(loaded)
    if (tree === undefined) return exitCode('config')
    if (options.json) await io.out(`${toJson(options.origins ? jsonWithOrigins(tree) : effectiveValue(tree), 2)}\n`)
    else if (options.origins) await io.out(withOrigins(linesOf(tree, 0)))
    else
      await io.out(
        linesOf(tree, 0)
          .map(({ text }) => `${text}\n`)
          .join(''),
      )
    return exitCode('ok')
  },
})
