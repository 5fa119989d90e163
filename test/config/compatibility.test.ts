/** Our components beside those of the same name in the OpenTelemetry Collector 0.158: no option of its is passed over. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { builtIns } from '../../plugins/index.ts'
import { root } from '../architecture/sources.ts'
import { configuration, peers, receiving, sending } from '../docs/compatibility-rows.ts'
import { compareAll } from './otel/compare.ts'
import { differences } from './otel/differences.ts'

const compared = await compareAll()

/** A section in which the option at `path` is written; `[]` is a list of one. */
const nest = (path: string): unknown =>
  path
    .split('.')
    .toReversed()
    .reduce<unknown>((inner, part) => (part.endsWith('[]') ? { [part.slice(0, -2)]: [inner] } : { [part]: inner }), 'x')

describe.each(compared)('$id', ({ id, theirName, definition, options }) => {
  const [kind = '', type = ''] = id.split('/')

  it('goes by the name it has there', () => {
    const entry = builtIns.find((one) => one.kind === kind && one.type === type)
    expect([definition.type, ...(entry?.aliases ?? [])]).toContain(theirName)
    expect(definition.aliases ?? []).toEqual(entry?.aliases ?? [])
  })

  it('has or refuses by name each option it has there', () => {
    expect(options.filter(({ fate }) => fate.kind === 'unknown').map(({ path }) => path)).toEqual([])
  })

  it('has the default that it has there, or the difference is written down with its reason', () => {
    const found = options.filter(({ fate }) => fate.kind === 'supported' && fate.differs).map(({ path }) => path)
    expect(found).toEqual(found.filter((path) => Object.hasOwn(differences[id] ?? {}, path)))
    const known = new Set(options.map(({ path }) => path))
    expect(Object.keys(differences[id] ?? {}).filter((path) => !known.has(path))).toEqual([])
  })

  it('tells of each refused option what to do instead', async () => {
    const refused = new Map(options.flatMap(({ fate }) => (fate.kind === 'refused' ? [[fate.at, fate]] : [])))
    for (const [at, { by, advice }] of refused) {
      const yaml = JSON.stringify({ [`${kind}s`]: { [type]: nest(at) } })
      const { problems } = await loadConfig({ files: [`yaml:${yaml}`], env: {}, cwd: import.meta.dirname, loadPlugin })
      if (by === 'plugin') {
        // Its own check comes once the form is right; the plugin's tests show it.
        expect(advice, at).not.toBe('')
        continue
      }
      const told = problems.filter(({ suggestion }) => suggestion === advice).map(({ message }) => message)
      expect(told, at).toEqual([`'${at.replaceAll('[]', '[0]')}' of ${kind} '${type}' is not supported`])
    }
  })
})

it.each([...receiving, ...sending, ...peers, ...configuration])(
  '$what is shown by a test that is there',
  ({ shown }) => {
    const [file, test] = shown
    expect(readFileSync(join(root, file), 'utf8')).toContain(test)
  },
)
