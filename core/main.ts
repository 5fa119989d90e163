/** The process entry: compiled code is cached from here on, then the command line takes over, bundled where it can be. */
import { enableCompileCache } from 'node:module'
import { dirname, extname } from 'node:path'
import { CHECKOUT_BUNDLES, freshBundle, PACKAGE_BUNDLE } from './bundle.ts'

enableCompileCache()
const { dirname: folder, filename } = import.meta
const bundle = freshBundle(dirname(folder), extname(filename) === '.ts' ? CHECKOUT_BUNDLES : PACKAGE_BUNDLE)
// Positions in the sources for who wants to see a stack.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)
const { main } = (
  bundle === undefined ? await import('./cli/main.ts') : await import(bundle)
) as typeof import('./cli/main.ts')
await main(process.argv.slice(2))
