/** The configuration a command line names, for every verb that takes `--config`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Loaded, loadConfig } from '../config/index.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Io } from './verb.ts'
import { packageFolder } from './version.ts'

export const DEFAULT_CONFIG = 'collector.yaml'

export interface ConfigArguments {
  readonly config: readonly string[]
  readonly set: readonly string[]
  readonly 'allow-unset': boolean
}

/** `--config`, else collector.yaml here; without either, a sentence how to get one. */
export const configFiles = ({ config }: Pick<ConfigArguments, 'config'>, io: Pick<Io, 'cwd'>): readonly string[] => {
  if (config.length > 0) return config
  if (existsSync(join(io.cwd, DEFAULT_CONFIG))) return [DEFAULT_CONFIG]
  throw new CollectorError(
    'config_invalid',
    `there is no ${DEFAULT_CONFIG} in ${io.cwd}; name a file with --config FILE, copy the reference with\n` +
      `  cp ${join(packageFolder, DEFAULT_CONFIG)} .\n` +
      'or see it work without any: seneca-collector demo',
  )
}

export const load = async (options: ConfigArguments, io: Io): Promise<Loaded> => {
  const files = configFiles(options, io)
  const { loadPlugin } = await import('../engine/loader.ts')
  return loadConfig({
    files,
    set: options.set,
    env: io.env,
    cwd: io.cwd,
    allowUnset: options['allow-unset'],
    loadPlugin,
  })
}
