/** What stands beside a bundle's files: the package that 'seneca-collector' is for plugins, and licences of what was copied in. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Made } from './bundler.ts'

export const writePackage = (folder: string, { exports, licences }: Made): void => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'seneca-collector', type: 'module', exports }))
  writeFileSync(join(folder, 'LICENCES.txt'), licences)
}
