/**
 * Finishes `dist/` after `tsc`: copies what is no TypeScript (data, documents, configurations, the bootstrap), writes the
 * package.json that is published and bundles it all. `dist/` is a package of its own, so that `import 'seneca-collector'` means itself.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MANIFEST, PACKAGE_BUNDLE, type Manifest as BundleManifest } from '../../core/bundle.ts'
import { writePackage } from './bundle-package.ts'
import { bundle } from './bundler.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const dist = join(root, 'dist')

const assets = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return name === 'testdata' ? [] : assets(path)
    return name.endsWith('.ts') ? [] : [path]
  })

for (const path of [...assets('core'), ...assets('plugins'), ...assets('pipelines')])
  cpSync(join(root, path), join(dist, path))
for (const name of ['README.md', 'LICENSE', 'collector.yaml', 'docs'])
  cpSync(join(root, name), join(dist, name), { recursive: true })

interface Manifest {
  readonly exports: Record<string, string>
  readonly [key: string]: unknown
}
const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const { devDependencies: _dev, scripts: _scripts, allowScripts: _allow, private: _private, ...published } = source
const built = (path: string, extension: string): string => path.replace(/\.ts$/, extension)
const exports = Object.fromEntries(
  Object.entries(source.exports).map(([name, path]) => [
    name,
    { types: built(path, '.d.ts'), default: built(path, '.js') },
  ]),
)
writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ ...published, exports }, null, 2)}\n`)

const folder = join(dist, PACKAGE_BUNDLE)
const made = await bundle(dist, folder, join(dist, 'core/cli/main.js'))
writePackage(folder, made)
const manifest: BundleManifest = { main: made.main, inputs: made.inputs }
writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest))
