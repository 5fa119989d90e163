import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Signal } from 'seneca-collector'
import { loadBuiltIns, readmeOf } from './generated.ts'
import { validateText } from './validate-text.ts'

const fences = (text: string): string[] => [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

const folder = mkdtempSync(join(tmpdir(), 'seneca-examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plugins = await loadBuiltIns()

/** A receiver of every signal, for examples of what takes no logs. */
writeFileSync(
  join(folder, 'source.ts'),
  `import { definePlugin } from 'seneca-collector'
export default definePlugin({
  kind: 'receiver', type: 'source', signals: ['logs', 'metrics', 'traces'], stability: 'experimental',
  summary: 'Gives nothing.', schema: { type: 'object', properties: {} }, examples: [], create: () => ({}),
})
`,
)

/** A README shows a section; the rest of a runnable configuration is put around it. */
const completed = (yaml: string, signal: Signal): string => {
  const sections = parse(yaml) as Record<string, Record<string, unknown>>
  if (sections['service']) return yaml
  const ids = (section: string): string[] => Object.keys(sections[section] ?? {})
  const receivers = ids('receivers')
  const exporters = ids('exporters')
  const spare = {
    receivers: receivers.length ? '' : "plugins: ['./source.ts']\nreceivers: { source: {} }\n",
    exporters: exporters.length ? '' : 'exporters: { debug: {} }\n',
  }
  const list = (items: string[], fallback: string): string => JSON.stringify(items.length ? items : [fallback])
  return `${yaml}\n${spare.receivers}${spare.exporters}service:
  extensions: ${JSON.stringify(ids('extensions'))}
  pipelines:
    ${signal}:
      receivers: ${list(receivers, 'source')}
      processors: ${JSON.stringify(ids('processors'))}
      exporters: ${list(exporters, 'debug')}
`
}

describe.each(plugins.map((definition) => ({ name: `${definition.kind} ${definition.type}`, definition })))(
  'the examples of $name',
  ({ definition }) => {
    it('are valid configurations', async () => {
      const yamls = fences(readFileSync(readmeOf(definition), 'utf8')).filter((yaml) =>
        /^(receivers|processors|connectors|exporters|extensions|service):/m.test(yaml),
      )
      expect(yamls.length).toBeGreaterThan(0)
      for (const yaml of yamls) {
        const whole = definition.kind === 'connector' ? yaml : completed(yaml, definition.signals[0] ?? 'logs')
        expect(await validateText(whole, folder), yaml).toEqual([])
      }
    })
  },
)
