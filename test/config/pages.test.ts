import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../core/cli/exit-codes.ts'
import { verbs } from '../../core/cli/index.ts'
import { engineProperties } from '../../core/engine/options.ts'
import { errorCodes } from '../../core/kit/errors.ts'
import type { PluginDefinition } from '../../core/kit/plugin.ts'

const page = (name: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')

const rows = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    )

describe('docs/errors.md', () => {
  it('has a row for every error code, and none besides', () => {
    const documented = rows(page('errors.md')).flatMap(([code]) => /^`([a-z_]+)`$/.exec(code ?? '')?.[1] ?? [])
    expect(documented.toSorted()).toEqual([...errorCodes].toSorted())
  })

  it('has a row for every exit code, with its meaning', () => {
    const documented = rows(page('errors.md')).filter(([code]) => /^\d+$/.test(code ?? ''))
    expect(documented).toEqual(
      Object.entries(exitCodes).map(([name, { code, meaning }]) => [String(code), name, meaning]),
    )
  })
})

describe('docs/configuration.md', () => {
  it('names every option of the engine', () => {
    const exporter = { kind: 'exporter', schema: { type: 'object', properties: {} } } as unknown as PluginDefinition
    const text = page('configuration.md')
    for (const [name, schema] of Object.entries(engineProperties(exporter))) {
      for (const key of Object.keys(schema.properties ?? { [name]: schema })) expect(text).toContain(key)
    }
  })

  it('names only verbs that exist', () => {
    const named = [...page('configuration.md').matchAll(/seneca-collector ([a-z-]+)/g)].map((match) => match[1])
    const known: ReadonlySet<string> = new Set(verbs.map((verb) => verb.name))
    expect(named.filter((verb) => !known.has(verb ?? ''))).toEqual([])
  })
})
