/** The process entry: compiled code is cached from here on, then the command line takes over. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { main } = await import('./cli/main.ts')
await main(process.argv.slice(2))
