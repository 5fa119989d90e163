/** docs/compatibility.md: beside the OpenTelemetry Collector, protocol by protocol and option by option. */
import { compareAll, type Compared } from '../config/otel/compare.ts'
import { differences } from '../config/otel/differences.ts'
import { configuration, peers, receiving, type Row, sending } from './compatibility-rows.ts'

const escaped = (text: string): string => text.replaceAll('|', String.raw`\|`)

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(escaped).join(' | ')} |`).join('\n')

const shownRows = (rows: readonly Row[]): readonly (readonly string[])[] =>
  rows.map(({ what, here, shown: [file, test] }) => [what, here, `\`${file}\` "${test} …"`])

const code = (value: unknown): string =>
  value === undefined || value === null ? 'none' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

const linkTo = (id: string): string => {
  const [kind, type] = id.split('/')
  return `[${type}](../plugins/${kind}s/${type}/README.md)`
}

const nameThere = ({ id, theirName, definition }: Compared): string => {
  const type = id.split('/')[1]
  const others = new Set([theirName, ...(definition.aliases ?? [])])
  others.delete(type ?? '')
  return [...others].map((name) => `\`${name}\``).join(', ') || 'the same'
}

const componentRows = (all: readonly Compared[]): readonly (readonly string[])[] =>
  all.map((one) => {
    const { id, options } = one
    const supported = options.filter(({ fate }) => fate.kind === 'supported').length
    const refused = options.filter(({ fate }) => fate.kind === 'refused').length
    return [id.split('/')[0] ?? '', linkTo(id), nameThere(one), String(supported), String(refused)]
  })

const refusedRows = (all: readonly Compared[]): readonly (readonly string[])[] =>
  all.flatMap(({ id, options }) => {
    const refused = new Map(options.flatMap(({ fate }) => (fate.kind === 'refused' ? [[fate.at, fate.advice]] : [])))
    return [...refused].map(([at, advice]) => [linkTo(id), `\`${at}\``, advice])
  })

const differenceRows = (all: readonly Compared[]): readonly (readonly string[])[] =>
  all.flatMap(({ id, options }) =>
    Object.entries(differences[id] ?? {}).map(([path, why]) => {
      const found = options.find((option) => option.path === path)
      const ours = found?.fate.kind === 'supported' ? found.fate.ours : undefined
      return [linkTo(id), `\`${path}\``, code(found?.theirs), code(ours), why]
    }),
  )

export const compatibility = async (): Promise<string> => {
  const all = await compareAll()
  return `# Beside the OpenTelemetry Collector

What is the same, what is not, and the test that shows it. Compared with release 0.158 of the Collector and its contrib
components. This page is written by \`npm run docs\`; \`test/config/compatibility.test.ts\` holds it to the code. The
transformation language has [a page of its own](ottl-compatibility.md).

## OTLP in

${table(['what', 'the receiver `otlp`', 'shown by'], shownRows(receiving))}

## OTLP out

${table(['what', 'the exporters', 'shown by'], shownRows(sending))}

## Tried with

In CI none of these is skipped; elsewhere a test that cannot get its peer says what is missing.

${table(['peer', 'what it does', 'shown by'], shownRows(peers))}

## Configuration

${table(['what', 'here', 'shown by'], shownRows(configuration))}

## Components that both have

Every option of the component there is either an option here, of the same name, or refused by name with what to do instead.
How many of each, those inside lists and maps included:

${table(['kind', 'component', 'also called', 'options supported', 'refused'], componentRows(all))}

The exporter \`loki\` was taken out of the Collector; here it is. Components that only the Collector has are refused
by name, with what to use instead (\`core/config/refused.ts\`).

## Options with another default

${table(['component', 'option', 'default there', 'default here', 'why'], differenceRows(all))}

## Options that are refused

${table(['component', 'option', 'what to do instead'], refusedRows(all))}
`
}
