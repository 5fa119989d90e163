import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { definePlugin } from '../kit/plugin.ts'
import { Secret } from '../kit/secret.ts'
import { effective, effectiveValue } from './effective.ts'
import { type Loaded, loadConfig, type LoadOptions } from './load.ts'
import { parseYaml, sourceOffset } from './parse.ts'
import { problems as gather, renderProblems } from './problems.ts'
import { createRegistry } from './registry.ts'
import { source } from './source.ts'
import type { ScalarNode } from './node.ts'

const component = { start: () => undefined }

const source1 = definePlugin({
  kind: 'receiver',
  type: 'source',
  signals: ['logs'],
  stability: 'stable',
  summary: 'Stands for a receiver.',
  schema: {
    type: 'object',
    properties: {
      text: { type: 'string', description: 'Text.' },
      number: { type: 'integer', description: 'A number.' },
      flag: { type: 'boolean', description: 'A switch.' },
      wait: { type: 'string', format: 'duration', default: '1s', description: 'A duration.' },
      size: { type: 'string', format: 'bytesize', default: '1KiB', description: 'A size.' },
      token: { type: 'string', secret: true, description: 'A secret.' },
      list: { type: 'array', items: { type: 'string' }, description: 'A list.' },
      free: { type: 'object', description: 'Anything.' },
      tls: {
        type: 'object',
        description: 'A section.',
        properties: { insecure: { type: 'boolean', default: false, description: 'A switch.' } },
      },
      either: {
        description: 'Text or a section.',
        oneOf: [
          { type: 'string' },
          {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, wait: { type: 'string', format: 'duration' } },
          },
        ],
      },
    },
  },
  examples: [],
  create: () => component,
})

const sink = definePlugin({
  kind: 'exporter',
  type: 'sink',
  aliases: ['drain'],
  signals: ['logs'],
  stability: 'stable',
  summary: 'Stands for an exporter.',
  schema: { type: 'object', properties: {} },
  examples: [],
  engineDefaults: { sending_queue: { enabled: false } },
  *check(_config, { id }) {
    if (id === 'sink/checked')
      yield { path: [], message: 'is refused by its own check', suggestion: 'call it otherwise' }
  },
  create: () => component,
})

const registry = () =>
  createRegistry([
    { kind: 'receiver', type: 'source', load: () => Promise.resolve({ default: source1 }) },
    { kind: 'exporter', type: 'sink', aliases: ['drain'], load: () => Promise.resolve({ default: sink }) },
  ])

const service = 'exporters:\n  sink:\nservice:\n  pipelines:\n    logs: { receivers: [source], exporters: [sink] }\n'

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'seneca-config-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const load = (files: Readonly<Record<string, string>>, more: Partial<LoadOptions> = {}): Promise<Loaded> =>
  loadConfig({
    files: [Object.keys(files)[0] ?? ''],
    env: {},
    cwd: folderWith(files),
    loadPlugin: () => Promise.reject(new Error('no plugins here')),
    registry: registry(),
    ...more,
  })

/** The options of the receiver `source`, written as YAML flow or block under it. */
const optionsOf = async (yaml: string, more: Partial<LoadOptions> = {}): Promise<Readonly<Record<string, unknown>>> => {
  const loaded = await load(
    { 'a.yaml': `receivers:\n  source:\n${yaml.replaceAll(/^(?=.)/gm, '    ')}\n${service}` },
    more,
  )
  expect(renderProblems(loaded.problems)).toBe('')
  return loaded.config?.components.get('receiver/source')?.options as Readonly<Record<string, unknown>>
}

describe('options', () => {
  it('come completed and converted: durations in milliseconds, sizes in bytes, secrets wrapped', async () => {
    const options = await optionsOf('wait: 1m30s\ntoken: hidden\ntls:')
    expect(options).toMatchObject({ wait: 90_000, size: 1024, tls: { insecure: false } })
    expect(options['token']).toBeInstanceOf(Secret)
    expect((options['token'] as Secret).reveal()).toBe('hidden')
  })

  it('keep the engine’s part apart, with the plugin’s own defaults', async () => {
    const loaded = await load({ 'a.yaml': `receivers:\n  source:\n${service}` })
    const exporter = loaded.config?.components.get('exporter/sink')
    expect(exporter?.options).toEqual({})
    expect(exporter?.engine).toMatchObject({
      sendingQueue: undefined,
      timeoutMs: 5_000,
      retry: { enabled: true, initialIntervalMs: 5_000, maxAttempts: 4 },
    })
    expect(exporter?.position).toMatchObject({ file: 'a.yaml', line: 4, column: 3 })
  })

  it('of a oneOf are checked against the branch that has their shape', async () => {
    expect((await optionsOf('either: { name: x, wait: 2s }'))['either']).toEqual({ name: 'x', wait: 2000 })
    const { problems } = await load({ 'a.yaml': `receivers:\n  source:\n    either: { nam: x }\n${service}` })
    expect(problems.map(({ message, suggestion }) => [message, suggestion])).toEqual([
      ["'either' of receiver 'source' has no option 'nam'", "did you mean 'name'?"],
    ])
    const scalar = await load({ 'a.yaml': `receivers:\n  source:\n    either: [x]\n${service}` })
    expect(scalar.problems[0]?.message).toBe("'either' of receiver 'source' expects text or a map, got a list")
  })

  it('are refused by the plugin’s own check too, at their place', async () => {
    const { problems, config } = await load({
      'a.yaml': `receivers:\n  source:\n${service.replaceAll('sink', 'sink/checked')}`,
    })
    expect(config).toBeUndefined()
    expect(problems).toMatchObject([
      {
        message: "exporter 'sink/checked': is refused by its own check",
        suggestion: 'call it otherwise',
        position: { line: 4, column: 3 },
      },
    ])
  })

  it('that are lists of texts may be one text with commas, or have nothing below them', async () => {
    expect(await optionsOf('list: a.log')).toMatchObject({ list: ['a.log'] })
    expect(await optionsOf('list: ${env:L}', { env: { L: 'a.log, b.log' } })).toMatchObject({
      list: ['a.log', 'b.log'],
    })
    expect(await optionsOf('list:\n#  - a.log')).toMatchObject({ list: [] })
    const loaded = await load({ 'a.yaml': `receivers:\n  source: { list: 'a,b' }\n${service}` })
    const shown = effective(loaded)
    expect(shown && effectiveValue(shown)).toMatchObject({ receivers: { source: { list: ['a', 'b'] } } })
  })

  it('of a few words take them in any case, as otelcol does', async () => {
    const { config } = await load({
      'a.yaml': `receivers:\n  source:\n${service}  telemetry: { logs: { level: Debug } }\n`,
    })
    expect(config?.service.telemetry.logLevel).toBe('debug')
  })

  it('of components under an alias are those of the type', async () => {
    const { config } = await load({ 'a.yaml': `receivers:\n  source:\n${service.replaceAll('sink', 'drain')}` })
    expect(config?.components.get('exporter/drain')?.definition.type).toBe('sink')
  })
})

describe('variables', () => {
  const env = { PORT: '0123', YES: 'true', LIST: '[a, b]', MAP: '{a: 1}', EMPTY: '', NESTED: 'PORT', DOLLAR: 'a$b' }

  it('take the type their text has in YAML, and keep the text where text is wanted', async () => {
    expect(
      await optionsOf('text: ${env:PORT}\nnumber: ${env:PORT}\nflag: ${YES}\nlist: ${env:LIST}\nfree: ${env:MAP}', {
        env,
      }),
    ).toMatchObject({
      text: '0123',
      number: 123,
      flag: true,
      list: ['a', 'b'],
      free: { a: 1 },
    })
  })

  it('whose text reads as a list or a map are text where text is wanted', async () => {
    const yaml = 'text: ${env:MAP}\ntoken: ${env:LIST}'
    const options = await optionsOf(yaml, { env })
    expect(options['text']).toBe('{a: 1}')
    expect((options['token'] as Secret).reveal()).toBe('[a, b]')
    const loaded = await load({ 'a.yaml': `receivers:\n  source: { text: '\${env:MAP}' }\n${service}` }, { env })
    const shown = effective(loaded)
    expect(shown && effectiveValue(shown)).toMatchObject({ receivers: { source: { text: '{a: 1}' } } })
  })

  it('have defaults, stand inside text and inside one another, and $$ is a dollar sign', async () => {
    const yaml =
      'text: "<${env:NO:-x}|${env:${env:NESTED}}|$${env:PORT}|$$1|$x>"\nlist: ["${env:NO:-}", "${env:DOLLAR}"]'
    expect(await optionsOf(yaml, { env })).toMatchObject({ text: '<x|0123|${env:PORT}|$1|$x>', list: ['', 'a$b'] })
  })

  it('read files beside the file they stand in', async () => {
    const files = {
      'main.yaml': `include: parts/a.yaml\nexporters: { sink: }\nservice: { pipelines: { logs: { receivers: [source], exporters: [sink] } } }\n`,
      'parts/a.yaml': 'receivers:\n  source:\n    text: ${file:text.txt}\n    token: ${secret:file:text.txt}\n',
      'parts/text.txt': '1.10\n',
    }
    const { config, problems } = await load(files)
    expect(renderProblems(problems)).toBe('')
    const options = config?.components.get('receiver/source')?.options as Readonly<Record<string, unknown>>
    expect(options['text']).toBe('1.10')
    expect((options['token'] as Secret).reveal()).toBe('1.10')
  })

  it('that are not set are errors, unless that is allowed', async () => {
    const files = { 'a.yaml': `receivers:\n  source:\n    text: \${env:NO}\n    number: \${env:NO}\n${service}` }
    expect((await load(files)).problems.map(({ position }) => position?.line)).toEqual([3, 4])
    const allowed = await load(files, { allowUnset: true })
    expect(allowed.config?.components.get('receiver/source')?.options).toMatchObject({ text: '' })
  })

  it('need not be set where they are overridden', async () => {
    const files = { 'a.yaml': `receivers:\n  source:\n    text: \${env:NO}\n${service}` }
    const { problems } = await load(files, { set: ['receivers.source.text=given'] })
    expect(problems).toEqual([])
  })

  it('that are secret are never printed, wherever they stand', async () => {
    const files = {
      'a.yaml': `receivers:\n  source:\n    text: "user:\${secret:WORD}"\n    token: \${secret:WORD}\n    number: \${secret:WORD}\n${service}`,
    }
    const bad = await load(files, { env: { WORD: 'sesame' } })
    expect(JSON.stringify(bad.problems)).not.toContain('sesame')
    expect(bad.problems[0]?.message).toBe(
      "'number' of receiver 'source' expects a whole number, got a secret (from ${secret:WORD})",
    )
    const tree = effective(bad)
    expect(JSON.stringify(tree && effectiveValue(tree))).not.toContain('sesame')
  })
})

describe('several files', () => {
  const base = `receivers:\n  source:\n    text: base\n    list: [a]\n    tls: { insecure: true }\n${service}`

  it('merge maps and replace everything else, later over earlier', async () => {
    const folder = folderWith({ 'a.yaml': base, 'b.yaml': 'receivers:\n  source:\n    list: [b]\n    number: 2\n' })
    const { config } = await load({}, { cwd: folder, files: ['a.yaml', 'b.yaml'] })
    expect(config?.components.get('receiver/source')?.options).toMatchObject({
      text: 'base',
      list: ['b'],
      number: 2,
      tls: { insecure: true },
    })
  })

  it('join lists that say so', async () => {
    const folder = folderWith({
      'a.yaml': base,
      'b.yaml': 'receivers:\n  source:\n    list: !append [b]\n',
      'c.yaml': 'receivers:\n  source:\n    list: !prepend [c]\n',
    })
    const { config } = await load({}, { cwd: folder, files: ['a.yaml', 'b.yaml', 'c.yaml'] })
    expect(config?.components.get('receiver/source')?.options).toMatchObject({ list: ['c', 'a', 'b'] })
  })

  it('include others below themselves, by glob and in order', async () => {
    const folder = folderWith({
      'main.yaml': `include: ['parts/*.yaml']\nreceivers:\n  source:\n    text: own\n${service}`,
      'parts/1.yaml': 'receivers:\n  source: { text: one, number: 1 }\n',
      'parts/2.yaml': 'receivers:\n  source: { number: 2 }\n',
    })
    const { config, files } = await load({}, { cwd: folder, files: ['main.yaml'] })
    expect(config?.components.get('receiver/source')?.options).toMatchObject({ text: 'own', number: 2 })
    expect(files).toHaveLength(3)
  })

  it('come from variables and texts as otelcol has them', async () => {
    const env = { CONFIG: base }
    const { config, problems } = await load(
      {},
      { cwd: folderWith({}), files: ['env:CONFIG', 'yaml:receivers::source::text: short'], env },
    )
    expect(renderProblems(problems)).toBe('')
    expect(config?.components.get('receiver/source')?.options).toMatchObject({ text: 'short' })
  })

  it('take keys with :: as the path they are, down to the options of a component', async () => {
    const text =
      'receivers::source::text: ${env:TEXT}\nreceivers::source::number: 5\nreceivers::source::free: { a::b: 1 }'
    const { config, problems } = await load(
      { 'a.yaml': `receivers:\n  source::flag: true\n${service}` },
      { files: ['a.yaml', `yaml:${text}`], env: { TEXT: 'long' } },
    )
    expect(renderProblems(problems)).toBe('')
    expect(config?.components.get('receiver/source')?.options).toMatchObject({
      flag: true,
      text: 'long',
      number: 5,
      free: { 'a::b': 1 },
    })
  })

  it('and --set have their own place in what is told of them', async () => {
    const { problems } = await load({ 'a.yaml': base }, { set: ['receivers.source.number='] })
    expect(problems[0]?.position).toMatchObject({ file: '--set', line: 1, column: 18 })
  })

  it('are overridden by --set, with YAML values, list indexes and :: for names with dots', async () => {
    const files = { 'a.yaml': base.replaceAll('source', 'source/a.b') }
    const set = [
      'receivers::source/a.b::list::0=x',
      'receivers::source/a.b::free={k: [1, true]}',
      'service.worker_pool_size=2',
    ]
    const { config, problems } = await load(files, { set })
    expect(renderProblems(problems)).toBe('')
    expect(config?.components.get('receiver/source/a.b')?.options).toMatchObject({
      list: ['x'],
      free: { k: [1, true] },
    })
    expect(config?.service.workerPoolSize).toBe(2)
  })
})

describe('YAML', () => {
  it('has anchors, aliases and merge keys, and x- sections to hold them', async () => {
    const yaml = `x-common: &common { text: shared, number: 1 }\nreceivers:\n  source:\n    <<: *common\n    number: 2\n${service}`
    const { config, problems } = await load({ 'a.yaml': yaml })
    expect(renderProblems(problems)).toBe('')
    expect(config?.components.get('receiver/source')?.options).toMatchObject({ text: 'shared', number: 2 })
  })

  it('does not let aliases multiply without bound', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `x-${n + 1}: &l${n + 1} [${Array.from({ length: 10 }, () => `*l${n}`).join(', ')}]`,
    )
    const { problems } = await load({ 'a.yaml': `x-0: &l0 [1]\n${levels.join('\n')}\n${service}` })
    expect(problems.map(({ message }) => message)).toContain('more than 200000 values; aliases that multiply?')
  })

  it('keeps __proto__ an ordinary, unknown key', async () => {
    const { problems } = await load({
      'a.yaml': `receivers:\n  source:\n    __proto__: { polluted: true }\n${service}`,
    })
    expect(problems.map(({ message }) => message)).toEqual(["receiver 'source' has no option '__proto__'"])
  })

  const offsets: readonly (readonly [string, string, number, string])[] = [
    ['plain text', 'a: set(x, 1)', 4, 'x, 1)'],
    ['double quotes', 'a: "say \\"hi\\" now"', 9, 'now"'],
    ['single quotes', "a: 'it''s here'", 5, "here'"],
    ['a literal block', 'a: |-\n  first\n  second', 6, 'second'],
    ['a folded block', 'a: >-\n  first\n  second', 6, 'second'],
    ['the end of a text', 'a: abc', 3, ''],
  ]
  for (const [name, yaml, offset, rest] of offsets) {
    it(`finds the character of a text in the file: ${name}`, () => {
      const of = source('a.yaml', yaml)
      const root = parseYaml(of, gather())
      const node = root?.kind === 'map' ? (root.entries.get('a')?.value as ScalarNode) : undefined
      expect(yaml.slice((node && sourceOffset(node, offset)) ?? 0)).toBe(rest)
    })
  }
})

describe('the effective configuration', () => {
  it('says of each value where it comes from', async () => {
    const files = { 'a.yaml': `receivers:\n  source:\n    text: \${env:WORD}\n    token: hidden\n${service}` }
    const loaded = await load(files, { env: { WORD: 'x' }, set: ['receivers.source.number=5'] })
    const tree = effective(loaded)
    const at = (...path: string[]): unknown => {
      let node = tree
      for (const key of path) node = node?.kind === 'map' ? node.entries.get(key) : undefined
      return node?.kind === 'value' ? [node.value, node.origin] : node?.kind
    }
    expect(at('receivers', 'source', 'text')).toEqual(['x', 'a.yaml:3 ${env:WORD}'])
    expect(at('receivers', 'source', 'token')).toEqual(['[REDACTED]', 'a.yaml:4'])
    expect(at('receivers', 'source', 'number')).toEqual([5, '--set'])
    expect(at('receivers', 'source', 'wait')).toEqual(['1s', 'default'])
    expect(at('exporters', 'sink', 'retry_on_failure', 'initial_interval')).toEqual(['5s', 'default'])
  })
})
