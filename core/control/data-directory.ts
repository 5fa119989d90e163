/** Where a collector keeps its state, and where in it the control socket is. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { CollectorError } from '../kit/errors.ts'

const SOCKET = 'control.sock'
const POINTER = 'control.path'
/** The kernel takes 104 to 108 bytes, by system. */
const SOCKET_PATH_MOST = 100

const DEFAULT_DATA_DIRECTORY = '.seneca'

/** `--data-dir`, else SENECA_DATA_DIR, else `.seneca` in the working directory; absolute. */
export const dataDirectoryOf = (
  option: string | undefined,
  { env, cwd }: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): string => resolve(cwd, option ?? (env['SENECA_DATA_DIR'] || DEFAULT_DATA_DIRECTORY))

const isLong = (path: string): boolean => Buffer.byteLength(path) > SOCKET_PATH_MOST

/** Makes the folders and answers where to listen; a path too long for a socket goes below the system's temporary folder. */
export const prepareSocketPath = (dataDirectory: string): string => {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
    const path = join(dataDirectory, SOCKET)
    if (!isLong(path)) return path
    const { uid } = userInfo()
    const hash = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16)
    const folder = join(tmpdir(), `seneca-${uid}-${hash}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const found = lstatSync(folder)
    if (!found.isDirectory() || (uid !== -1 && found.uid !== uid)) {
      throw new Error(`${folder} belongs to somebody else`)
    }
    const short = join(folder, SOCKET)
    writeFileSync(join(dataDirectory, POINTER), short, { mode: 0o600 })
    return short
  } catch (error) {
    throw new CollectorError(
      'start_failed',
      `the data directory ${dataDirectory} cannot be used: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/** Where a collector of that directory would listen. */
export const findSocketPath = (dataDirectory: string): string => {
  const path = join(dataDirectory, SOCKET)
  const pointer = join(dataDirectory, POINTER)
  return isLong(path) && existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : path
}
