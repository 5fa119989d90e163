/**
 * The bundle of the sources as they are, run as a process: what it prints, what a plugin from outside sees, where its
 * workers and data are found.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CHECKOUT_BUNDLES, freshBundle } from '../../core/bundle.ts'
import { folderWith, run } from '../cli/command.ts'

const root = join(import.meta.dirname, '../..')

beforeAll(() => {
  if (freshBundle(root, CHECKOUT_BUNDLES) === undefined)
    execFileSync(process.execPath, [join(root, 'test/package/bundle.ts')], { stdio: 'inherit' })
})

const plugin = `import { CollectorError, definePlugin } from 'seneca-collector'
console.error(import.meta.resolve('seneca-collector'))
export default definePlugin({
  kind: 'processor', type: 'picky', signals: ['logs'], stability: 'experimental', summary: 'Refuses.',
  schema: { type: 'object', properties: { no: { type: 'boolean', default: false, description: 'Refuse.' } } }, examples: [],
  create: (ctx, { no }) => {
    if (no) throw new CollectorError('config_invalid', 'picky says no')
    return { consume: (batch) => ctx.next(batch) }
  },
})
`
const config = (no: boolean): string => `plugins: ['./picky.ts']
receivers: { file_log: { include: ['in.log'], start_at: beginning, format: json } }
processors:
  picky: { no: ${no} }
  anomaly: {}
exporters: { file: { path: out.log } }
service:
  worker_pool_size: 1
  pipelines: { logs: { receivers: [file_log], processors: [picky, anomaly], exporters: [file] } }
`

describe('the bundle', () => {
  it('is what a process runs when the sources are as they were', () => {
    expect(freshBundle(root, CHECKOUT_BUNDLES)).toMatch(/\.cache\/bundle\/[0-9a-f]{16}\/main\.js$/)
  })

  it('gives plugins from outside its own modules, and finds workers and data where the sources have them', async () => {
    const folder = folderWith({
      'picky.ts': plugin,
      'collector.yaml': config(false),
      'in.log':
        '{"id":"a","type":"task_started","source":"test","timestamp":"2026-01-01T00:00:00Z","data":{"task_id":"t"},"metadata":{},"version":"1.0"}\n',
    })
    const good = await run(folder, ['run', '--once'])
    expect(good.err).toMatch(/\.cache\/bundle\/[0-9a-f]{16}\/kit\.js/)
    expect(good.code).toBe(0)
    expect(readFileSync(join(folder, 'out.log'), 'utf8')).toContain('task_started')
  })

  it('knows the errors of a plugin from outside as its own', async () => {
    const folder = folderWith({ 'picky.ts': plugin, 'collector.yaml': config(true), 'in.log': '' })
    const refused = await run(folder, ['run', '--once'])
    expect(refused.err).toContain('picky says no')
    expect(refused.err).not.toMatch(/^\s+at /m)
    expect(refused.code).not.toBe(0)
  })

  it('that cannot be loaded is said, and the sources run', () => {
    const checkout = folderWith({
      '.cache/bundle/manifest.json': '{ "main": "broken/main.js", "inputs": [] }',
      '.cache/bundle/broken/main.js': "import './gone.js'",
    })
    for (const folder of ['core', 'plugins'])
      cpSync(join(root, folder), join(checkout, folder), {
        recursive: true,
        filter: (path) => !path.endsWith('.test.ts'),
      })
    cpSync(join(root, 'package.json'), join(checkout, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
    const { stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'core/main.ts'), '--version'], {
      encoding: 'utf8',
    })
    expect(stderr).toMatch(/its bundle cannot be loaded.*npm run bundle makes a new one.*gone\.js/)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/)
    rmSync(checkout, { recursive: true })
  })

  it('loads nothing of TLS or HTTP/2 where none is spoken', async () => {
    const folder = folderWith({
      'loaded.mjs': `process.on('exit', () => console.error('loaded', process.moduleLoadList.join(' ')))`,
      'in.log': '',
      'collector.yaml': `receivers:
  file_log: { include: ['in.log'], start_at: beginning }
  otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } }
exporters: { otlp_http: { endpoint: 'http://127.0.0.1:9' } }
service: { pipelines: { logs: { receivers: [file_log, otlp], exporters: [otlp_http] } } }
`,
    })
    const env = { ...process.env, NODE_OPTIONS: `--import ${join(folder, 'loaded.mjs')}` }
    const child = spawn(process.execPath, [join(root, 'core/main.ts'), 'run'], { cwd: folder, env })
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      const ran = text.includes('running collector.yaml')
      text += piece
      if (!ran && text.includes('running collector.yaml')) child.kill('SIGTERM')
    })
    // Not 'exit': what it says last comes after that.
    await once(child, 'close')
    expect(text).toMatch(/loaded .*NativeModule net /)
    expect(text).not.toMatch(/NativeModule (tls|https|http2|undici|internal\/deps\/undici\S*)( |$)/m)
  })

  it('names positions in the sources with --debug', async () => {
    const folder = folderWith({ 'picky.ts': plugin, 'collector.yaml': config(true), 'in.log': '' })
    expect((await run(folder, ['run', '--once', '--debug'])).err).toMatch(/core\/[a-z/-]+\.ts:\d+/)
  })
})
