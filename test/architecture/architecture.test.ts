import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isTest, root, sources, type Source } from './sources.ts'

const all = sources('core', 'plugins', 'test')
const product = all.filter((source) => !isTest(source) && !source.path.startsWith('test/'))

/** What each folder of core may import from core; itself always. Data flows one way: model ← kit ← … ← cli. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  codec: ['model'],
  kit: ['model', 'codec'],
  events: ['model', 'kit'],
  ottl: ['model', 'kit'],
  tail: ['model', 'kit'],
  http: ['model', 'kit'],
  otlp: ['model', 'kit'],
  prometheus: ['model', 'kit', 'ottl'],
  grpc: ['model', 'kit', 'http', 'otlp'],
  mcp: ['model', 'kit', 'http'],
  analysis: ['model', 'kit', 'events'],
  attributes: ['model', 'kit', 'ottl'],
  history: ['model', 'kit', 'events'],
  schemas: ['model', 'kit', 'events'],
  telemetry: ['model', 'kit'],
  storage: ['model', 'kit'],
  engine: ['model', 'kit', 'config', 'storage', 'telemetry'],
  config: ['model', 'kit', 'engine', 'telemetry'],
  control: ['model', 'kit', 'config', 'engine', 'events', 'storage', 'telemetry'],
  replay: ['model', 'kit', 'events', 'mcp', 'http'],
  prove: ['model', 'kit', 'engine', 'storage', 'http'],
  cli: [
    'model',
    'codec',
    'kit',
    'events',
    'ottl',
    'analysis',
    'config',
    'engine',
    'storage',
    'telemetry',
    'control',
    'replay',
    'history',
    'schemas',
    'prove',
    'http',
  ],
}

const coreFolder = (path: string): string | undefined => /^core\/([^/]+)\//.exec(path)?.[1]

const cycles = (files: readonly Source[]): string[] => {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    state.set(path, 'open')
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (!typeOnly && byPath.has(target)) visit(target, [...trail, path])
    }
    state.set(path, 'done')
  }
  for (const file of files) visit(file.path, [])
  return found
}

describe('the architecture', () => {
  it('lets data flow one way between the folders of core', () => {
    const wrong = product.flatMap((source) => {
      const from = coreFolder(source.path)
      if (from === undefined) return []
      return source.imports.flatMap(({ target, typeOnly }) => {
        const to = coreFolder(target)
        if (to === undefined || to === from || mayImport[from]?.includes(to)) return []
        // The engine and the configuration know one another's types, never one another's code.
        if (typeOnly && from === 'kit' && to === 'config') return []
        return [`${source.path} imports ${target}`]
      })
    })
    expect(wrong).toEqual([])
  })

  it('has plugins that see only the public API', () => {
    const wrong = product.flatMap((source) =>
      source.path.startsWith('plugins/')
        ? source.imports
            .filter(({ target }) => target.startsWith('core/'))
            .map(({ target }) => `${source.path} imports ${target}`)
        : [],
    )
    expect(wrong).toEqual([])
  })

  it('has plugins that do not see one another', () => {
    const home = (path: string): string => path.split('/').slice(0, 3).join('/')
    const wrong = product.flatMap((source) =>
      source.path.startsWith('plugins/') && source.path !== 'plugins/index.ts'
        ? source.imports
            .filter(({ target }) => target.startsWith('plugins/') && home(target) !== home(source.path))
            .map(({ target }) => `${source.path} imports ${target}`)
        : [],
    )
    expect(wrong).toEqual([])
  })

  it('imports the table of built-ins in one place only', () => {
    const importers = product.filter((source) => source.imports.some(({ target }) => target.startsWith('plugins/')))
    const outside = importers.filter((source) => !source.path.startsWith('plugins/')).map((source) => source.path)
    expect(outside).toHaveLength(1)
  })

  it('imports only types of node:http, whose values load undici and with it 14 MiB (core/kit/node-http.ts)', () => {
    const importing = product.filter(({ imports }) =>
      imports.some(({ target, typeOnly }) => target === 'node:http' && !typeOnly),
    )
    expect(importing.map(({ path }) => path)).toEqual([])
  })

  it('has no import cycles', () => {
    expect(cycles(product)).toEqual([])
  })

  it('keeps files under 400 lines, most under 250, half under 100', () => {
    expect(product.filter((source) => source.lines > 400).map((source) => `${source.path}: ${source.lines}`)).toEqual(
      [],
    )
    const sizes = product.map((source) => source.lines).toSorted((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length * 0.9)]).toBeLessThanOrEqual(250)
  })

  it('names no file utils or helpers', () => {
    const wrong = product.filter((source) => /\/(utils?|helpers?|misc|common)\.ts$/.test(source.path))
    expect(wrong.map((source) => source.path)).toEqual([])
  })

  it('gives every plugin a README', () => {
    const without = ['receivers', 'processors', 'connectors', 'exporters', 'extensions'].flatMap((kind) =>
      readdirSync(join(root, 'plugins', kind))
        .map((type) => `plugins/${kind}/${type}`)
        .filter((folder) => !existsSync(join(root, folder, 'README.md'))),
    )
    expect(without).toEqual([])
  })

  it('waits for no wall clock in tests', () => {
    const allowed = new Set(['test/setup/wait-for.ts'])
    const sleepers = all.filter(
      (source) =>
        (isTest(source) || source.path.startsWith('test/')) &&
        !allowed.has(source.path) &&
        !/^test\/(architecture|bench|soak|marcus\/real)\//.test(source.path) &&
        /\bsetTimeout\(|timers\/promises/.test(source.text),
    )
    expect(sleepers.map((source) => source.path)).toEqual([])
  })
})
