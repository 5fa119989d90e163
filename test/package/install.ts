/**
 * Packs `dist/`, installs the tarball into an empty user project and uses it there: the command line answers, and a
 * plugin file written against the package's public API runs.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const project = mkdtempSync(join(tmpdir(), 'seneca-user-'))
const sh = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const plugin = `import { definePlugin } from 'seneca-collector'
if (!import.meta.resolve('seneca-collector').endsWith('/bundle/kit.js')) throw new Error('not the collector that runs')
export default definePlugin({
  kind: 'processor', type: 'shout', signals: ['logs'], stability: 'experimental', summary: 'Upper-cases bodies.',
  schema: { type: 'object', properties: {} }, examples: [],
  create: (ctx) => ({
    consume: async (batch) => {
      await ctx.next(batch.edit((draft) => draft.set(['body'], String(draft.record.body).toUpperCase())))
    },
  }),
})
`
const config = `plugins: ['./shout.ts']
receivers: { file_log: { include: ['in.log'], start_at: beginning } }
processors: { shout: {} }
exporters: { file: { path: out.log, format: body } }
service: { pipelines: { logs: { receivers: [file_log], processors: [shout], exporters: [file] } } }
`

try {
  const [packed] = JSON.parse(sh('npm', ['pack', '--json', '--pack-destination', project], join(root, 'dist'))) as {
    filename: string
  }[]
  if (!packed) throw new Error('npm pack made nothing')
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n')
  sh('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `./${packed.filename}`], project)
  const cli = join(project, 'node_modules', 'seneca-collector', 'core', 'bootstrap.mjs')
  const components = sh(process.execPath, [cli, 'components'], project)
  if (!components.includes('file_log')) throw new Error(`components lists no file_log:\n${components}`)
  writeFileSync(join(project, 'shout.ts'), plugin)
  writeFileSync(join(project, 'collector.yaml'), config)
  writeFileSync(join(project, 'in.log'), 'hello\nworld\n')
  sh(process.execPath, [cli, 'run', '--once'], project)
  const out = readFileSync(join(project, 'out.log'), 'utf8')
  if (out !== '"HELLO"\n"WORLD"\n' && out !== 'HELLO\nWORLD\n')
    throw new Error(`the plugin did not run; out.log holds:\n${out}`)
  const demo = sh(
    process.execPath,
    [cli, 'demo', '--once', '--speed', '300', '--data-dir', join(project, 'demo')],
    project,
  )
  if (!demo.includes('Who was stuck')) throw new Error(`the demo has no summary:\n${demo}`)
  process.stdout.write('package: packs, installs, lists its components, runs a user’s plugin and the demo\n')
} finally {
  rmSync(project, { recursive: true, force: true })
}
