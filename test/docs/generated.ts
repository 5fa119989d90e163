/** Which documents hold parts printed from code, as they are and as they should be. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PluginDefinition } from 'seneca-collector'
import { builtIns } from '../../plugins/index.ts'
import { root } from '../architecture/sources.ts'
import { compatibility } from './compatibility.ts'
import { ottlCompatibility } from './ottl-compatibility.ts'
import { withOptionsTable } from './options-table.ts'

export interface GeneratedDocument {
  readonly path: string
  readonly present: string
  readonly text: string
}

export const loadBuiltIns = async (): Promise<readonly PluginDefinition[]> =>
  Promise.all(builtIns.map(async (entry) => (await entry.load()).default as PluginDefinition))

export const readmeOf = (definition: PluginDefinition): string =>
  join(root, 'plugins', `${definition.kind}s`, definition.type, 'README.md')

const readmes = async (): Promise<GeneratedDocument[]> =>
  (await loadBuiltIns()).map((definition) => {
    const path = readmeOf(definition)
    const present = readFileSync(path, 'utf8')
    const text = withOptionsTable(present, definition.schema)
    if (text === undefined) throw new Error(`${path} has no <!-- options --> … <!-- /options --> markers`)
    return { path, present, text }
  })

const events = async (): Promise<GeneratedDocument[]> => {
  const { catalogueMarkdown } = await import('../../core/events/index.ts')
  const path = join(root, 'docs', 'events.md')
  return [{ path, present: existsSync(path) ? readFileSync(path, 'utf8') : '', text: catalogueMarkdown() }]
}

const kinds = ['receiver', 'processor', 'connector', 'exporter', 'extension'] as const
const START = '<!-- components -->'
const END = '<!-- /components -->'

/** The README's list of what there is: one row a kind, in the order of the table of built-ins. */
const overview = async (): Promise<GeneratedDocument[]> => {
  const definitions = await loadBuiltIns()
  const rows = kinds.map((kind) => {
    const links = definitions
      .filter((definition) => definition.kind === kind)
      .map(({ type }) => `[${type}](plugins/${kind}s/${type}/README.md)`)
    return `| ${kind}s | ${links.join(', ')} |`
  })
  const path = join(root, 'README.md')
  const present = readFileSync(path, 'utf8')
  const [before, after] = [present.indexOf(START), present.indexOf(END)]
  if (before < 0 || after < 0) throw new Error(`${path} has no ${START} … ${END} markers`)
  const table = ['| | |', '| --- | --- |', ...rows].join('\n')
  return [{ path, present, text: `${present.slice(0, before + START.length)}\n\n${table}\n\n${present.slice(after)}` }]
}

/** Pages that are printed as a whole. */
const pages = async (): Promise<GeneratedDocument[]> =>
  Object.entries({ 'ottl-compatibility.md': ottlCompatibility(), 'compatibility.md': await compatibility() }).map(
    ([name, text]) => {
      const path = join(root, 'docs', name)
      return { path, present: existsSync(path) ? readFileSync(path, 'utf8') : '', text }
    },
  )

export const generatedDocuments = async (): Promise<readonly GeneratedDocument[]> => [
  ...(await readmes()),
  ...(await events()),
  ...(await overview()),
  ...(await pages()),
]
