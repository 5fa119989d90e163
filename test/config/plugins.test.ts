import { describe, expect, it } from 'vitest'
import { folderWith, run } from '../cli/command.ts'

const definition = (type: string, rest = ''): string => `import { definePlugin } from 'seneca-collector'
export default definePlugin({
  kind: 'processor', type: '${type}', signals: ['logs'], stability: 'experimental', summary: 'Passes.', examples: [],
  schema: { type: 'object', properties: { level: { type: 'integer', multipleOf: 5, description: 'In steps of five.' } } },
  create: (ctx) => ({ consume: async (batch, signal) => void (await ctx.next(batch, signal)) }),
})
${rest}`

const configuration = (plugins: string, level = 5): string => `plugins: [${plugins}]
receivers: { generator: { rate: 1000, count: 3 } }
processors: { pass: { level: ${level} } }
exporters: { debug: }
service: { pipelines: { logs: { receivers: [generator], processors: [pass], exporters: [debug] } } }
`

/** What is said of each plugin, without what follows from it. */
const told = (err: string): string[] =>
  [...err.matchAll(/^collector\.yaml:1:\d+: error: (.*)$/gm)].map((match) => match[1] ?? '')

describe('plugins of the configuration', () => {
  it('that cannot be loaded are named with the reason, all at once', async () => {
    const folder = folderWith({
      'collector.yaml': configuration(
        "'./none.ts', './enum.ts', './empty.ts', './half.ts', './needs.ts', not-installed, './taken.ts', './pass.ts'",
      ),
      'none.js': '',
      'enum.ts': 'enum Level { Low }\nexport default Level.Low\n',
      'empty.ts': 'export const x = 1\n',
      'half.ts':
        "export default { kind: 'processor', type: 'Half', signals: ['logs'], stability: 'stable', summary: 'x', examples: [] }\n",
      'needs.ts': "import 'left-pad-of-nobody'\nexport default 1\n",
      'taken.ts': definition('batch'),
      'pass.ts': definition('pass'),
    })
    const { code, err } = await run(folder, ['validate'])
    expect(code).toBe(3)
    expect(told(err)).toEqual([
      `the plugin './none.ts' cannot be loaded: there is no file ${folder}/none.ts, but there is ${folder}/none.js`,
      expect.stringMatching(
        /^the plugin '\.\/enum\.ts' cannot be loaded: it uses TypeScript that Node cannot run by leaving types out \(.*enum.*\); write consts for enums, and fields for parameter properties$/,
      ),
      "the plugin './empty.ts' cannot be used: it must be what definePlugin({ … }) answers",
      "the plugin './half.ts' cannot be used: 'type' must be a name of lower-case letters, digits and underscores; 'schema' must be a JSON Schema with type 'object'; 'create' must be a function (ctx, config)",
      "the plugin './needs.ts' cannot be loaded: it imports 'left-pad-of-nobody', which is not installed; run: npm install left-pad-of-nobody",
      "the plugin 'not-installed' cannot be loaded: no package 'not-installed' is installed beside the configuration; run: npm install not-installed",
      "the plugin './taken.ts' cannot be used: processor/batch is a built-in; give the plugin another type",
    ])
  })

  it('may lie in a package that makes .ts files CommonJS, and then it is said what to write', async () => {
    const folder = folderWith({
      'collector.yaml': configuration("'./pass.ts'"),
      'pass.ts': definition('pass'),
      'package.json': '{"type":"commonjs"}',
    })
    const { err } = await run(folder, ['validate'])
    expect(told(err)).toEqual([
      `the plugin './pass.ts' cannot be loaded: ${folder}/package.json says "type": "commonjs", so Node does not take ./pass.ts for a module; write "type": "module" there, or name the file ./pass.mts`,
    ])
  })

  it('may be files or packages, with schemas that say more than ours', async () => {
    const folder = folderWith({
      'collector.yaml': configuration('passing'),
      'node_modules/passing/package.json': '{"name":"passing","type":"module","exports":"./main.js"}',
      'node_modules/passing/main.js': definition('pass'),
    })
    expect((await run(folder, ['validate'])).err).toBe('')
    expect((await run(folder, ['run', '--once'])).code).toBe(0)
    const wrong = folderWith({ 'collector.yaml': configuration("'./pass.ts'", 7), 'pass.ts': definition('pass') })
    expect((await run(wrong, ['validate'])).err).toContain(
      "collector.yaml:3:23: error: 'level' of processor 'pass': must be multiple of 5",
    )
  })
})
