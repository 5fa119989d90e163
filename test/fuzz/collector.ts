/** A collector in this process, for rounds that go through the whole of it. */
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { startHost, type Host } from '../../core/cli/host.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import type { Logger } from '../../core/kit/index.ts'

const STOP_MS = 5_000

export interface Fuzzed {
  readonly host: Host
  /** What the component tells of itself. */
  inspect<T>(component: string, topic?: string): Promise<T>
  /** Throws when anything fell out of a component's code, or the books are wrong. */
  check(): void
  close(): Promise<void>
}

export const startFuzzed = async (config: object, folder: string, once = false): Promise<Fuzzed> => {
  const loaded = await loadConfig({ files: [`yaml:${JSON.stringify(config)}`], env: {}, cwd: folder, loadPlugin })
  const crashes: string[] = []
  const note = (message: string, fields?: object): void => {
    if (message.includes('crashed')) crashes.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  const log: Logger = { debug: () => {}, info: () => {}, warn: note, error: note }
  const host = await startHost({
    config: configOrThrow(loaded),
    log,
    dataDirectory: folder,
    once,
    configuration: ['fuzz'],
  })
  void host.broken.then((error) => crashes.push(`the collector broke: ${error.message}`))
  return {
    host,
    inspect: async <T>(component: string, topic = '') => (await host.collector.inspect(component, topic, {})) as T,
    check() {
      const wrong = host.collector.balance().filter(({ balanced }) => !balanced)
      if (wrong.length > 0) throw new Error(`the books are wrong: ${JSON.stringify(wrong)}`)
      const [first] = crashes
      if (first !== undefined) throw new Error(first)
    },
    async close() {
      await host.stop(STOP_MS)
    },
  }
}
