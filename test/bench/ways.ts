/** The collectors that run as servers, and how each is started with a configuration of `configs`. */
import { join } from 'node:path'
import { findPeer, peer, type Peer } from '../peers/peers.ts'

const here = import.meta.dirname
const configs = join(here, 'configs')

/** A collector with its configuration, which reads PORT, SINK_PORT and more from the environment. */
export interface Way {
  readonly name: string
  readonly program: () => Promise<Peer>
  /** `folder`: one of its own, for its data. */
  readonly args: (folder: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const SENECA = 'seneca-collector'

/** `files` of `configs`, each over the one before. */
export const seneca = (...files: readonly string[]): Way => ({
  name: SENECA,
  program: async () => ({ program: process.execPath }),
  args: (folder) => [
    join(here, '../../core/bootstrap.mjs'),
    'run',
    ...files.flatMap((file) => ['--config', join(configs, file)]),
    '--data-dir',
    join(folder, 'data'),
  ],
})

export const otelcol = (...files: readonly string[]): Way => ({
  name: 'otelcol',
  program: () => peer('otelcol'),
  args: () => files.flatMap((file) => ['--config', join(configs, file)]),
})

export const TUNED = 'otelcol GOGC=400'

/** As an operator tunes it who has memory to spare. */
export const tunedOtelcol = (config: string): Way => ({ ...otelcol(config), name: TUNED, env: { GOGC: '400' } })

export const fluentBit = (config: string): Way => ({
  name: 'Fluent Bit',
  program: async () => findPeer('fluent-bit'),
  args: () => ['-c', join(configs, config)],
})

export const commandOf = async (way: Way, folder: string): Promise<readonly string[]> => {
  const found = await way.program()
  if (found.program === undefined) throw new Error(found.reason)
  return [found.program, ...way.args(folder)]
}

export const missing = async (way: Way): Promise<string | undefined> => {
  const found = await way.program()
  return found.program === undefined ? found.reason : undefined
}
