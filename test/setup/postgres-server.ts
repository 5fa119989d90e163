/** A real PostgreSQL for tests: a cluster of its own in a folder of its own. It never runs as root, so root lends it a user. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '../../core/http/free-port.ts'
import { waitFor } from './wait-for.ts'

export interface PostgresServer {
  readonly url: string
  remove(): Promise<void>
}

/** The ids of a user that is not root, where we are. */
const someUser = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

export const startPostgres = async (binary: string): Promise<PostgresServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  const user = someUser()
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const options = { ...user, cwd: folder, stdio: 'ignore' as const }
  const tools = dirname(realpathSync(binary))
  execFileSync(join(tools, 'initdb'), ['-D', data, '-U', 'test', '--auth=trust', '--no-sync', '-E', 'UTF8'], options)
  const child = spawn(binary, ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'], options)
  const gone = once(child, 'exit')
  await waitFor('PostgreSQL to answer', async () => {
    try {
      execFileSync(join(tools, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q'], options)
      return true
    } catch {
      return false
    }
  })
  return {
    url: `postgres://test@127.0.0.1:${port}/postgres`,
    async remove() {
      child.kill('SIGQUIT')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
