/**
 * `npm run bundle`, and part of every `npm install` in a checkout: makes the bundle of the sources as they are, beside the
 * ones before it (a running collector still loads from the one it was started with), and lets the next start use it.
 */
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CHECKOUT_BUNDLES, MANIFEST, type Manifest } from '../../core/bundle.ts'
import { bundle } from './bundler.ts'
import { writePackage } from './bundle-package.ts'

/** Those before it are removed, the oldest first. */
const KEPT = 3

const root = dirname(dirname(import.meta.dirname))
const folder = join(root, CHECKOUT_BUNDLES)
// Two may be at it at once: each writes a folder of its own, and what counts is renamed into place.
const draft = join(folder, `draft-${process.pid}`)
mkdirSync(folder, { recursive: true })
const made = await bundle(root, draft, join(root, 'core/cli/main.ts'))
writePackage(draft, made)
const name = hash('sha256', JSON.stringify(made.inputs.map(({ path, sha256 }) => [path, sha256]))).slice(0, 16)
if (existsSync(join(folder, name))) rmSync(draft, { recursive: true })
else renameSync(draft, join(folder, name))
const manifest: Manifest = { main: `${name}/${made.main}`, inputs: made.inputs }
writeFileSync(`${draft}.json`, JSON.stringify(manifest))
renameSync(`${draft}.json`, join(folder, MANIFEST))

const age = (one: string): number => statSync(join(folder, one)).mtimeMs
const others = readdirSync(folder).filter((one) => one !== name && /^[0-9a-f]{16}$/.test(one))
for (const old of others.sort((a, b) => age(b) - age(a)).slice(KEPT - 1))
  rmSync(join(folder, old), { recursive: true, force: true })
