/** The process entry: compiled code is cached from here on, then the command line takes over, bundled where it can be. */
import { enableCompileCache } from 'node:module'
import { dirname, extname } from 'node:path'
import { CHECKOUT_BUNDLES, freshBundle, PACKAGE_BUNDLE } from './bundle.ts'

enableCompileCache()
const { dirname: folder, filename } = import.meta
const checkout = extname(filename) === '.ts'
const bundle = freshBundle(dirname(folder), checkout ? CHECKOUT_BUNDLES : PACKAGE_BUNDLE)
// Positions in the sources for who wants to see a stack.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)

type CommandLine = typeof import('./cli/main.ts')

/** Undefined when the bundle cannot be loaded: that costs a start time, never the start. */
const fromBundle = async (url: string): Promise<CommandLine | undefined> => {
  try {
    return (await import(url)) as CommandLine
  } catch (error) {
    const remedy = checkout ? 'npm run bundle makes a new one' : 'install the package anew'
    process.stderr.write(
      `seneca-collector: its bundle cannot be loaded, so it starts from its single files; ${remedy} (${String(error)})\n`,
    )
    return undefined
  }
}
const { main } = (bundle === undefined ? undefined : await fromBundle(bundle)) ?? (await import('./cli/main.ts'))
await main(process.argv.slice(2))
