/** The installed package: its folder (the nearest above with a package.json) and its version. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const findFolder = (): string => {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

export const packageFolder = findFolder()

const { version: written } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
  readonly version?: string
}
export const version = written ?? 'unknown'
