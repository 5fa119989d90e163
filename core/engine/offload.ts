/**
 * Work off the event loop. Stateless tasks share one pool of at most `worker_pool_size` threads; a stateful component owns
 * shards of one thread each, and a key always goes to the same shard, in call order. Threads start on first use. Worker
 * files run as they are (`.ts` too), and `seneca-collector` means the running collector there as well.
 */
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import type { Offload, StatefulPool } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { shardOf } from '../kit/shard.ts'

/** Tasks that may wait for a thread, in the pool and in each shard. */
const WAITING_MAX = 10_000
/** A thread of the shared pool that has had nothing to do for this long ends. */
const IDLE_MS = 30_000

const beside = (name: string): string => new URL(`./${name}${extname(import.meta.filename)}`, import.meta.url).href

const threads = {
  minThreads: 0,
  maxQueue: WAITING_MAX,
  execArgv: ['--import', beside('register-imports')],
}

export interface OffloadHost {
  of(component: string): Offload
  /** Threads that run now. */
  readonly running: number
  close(): Promise<void>
}

const failure = (component: string, thrown: unknown): CollectorError => {
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new CollectorError('cancelled', 'the task was cancelled', { retryable: true, cause: thrown })
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new CollectorError('plugin_failed', `a worker of ${component} failed: ${message}`, { cause: thrown })
}

const createShards = (
  component: string,
  file: URL,
  shards: number,
  init: unknown,
  pools: Set<Piscina>,
): StatefulPool => {
  const own: (Piscina | undefined)[] = Array.from({ length: Math.max(1, shards) })
  const pool = (shard: number): Piscina => {
    const known = own[shard]
    if (known) return known
    const made = new Piscina({
      ...threads,
      filename: beside('offload-shard.worker'),
      maxThreads: 1,
      // State lives in the thread, so it stays.
      minThreads: 1,
      workerData: { file: file.href, init },
    })
    own[shard] = made
    pools.add(made)
    return made
  }
  const on = async <T>(shard: number, name: string, payload: unknown): Promise<T> => {
    try {
      return (await pool(shard).run({ name, payload })) as T
    } catch (error) {
      throw failure(component, error)
    }
  }
  return {
    call: (key, name, payload) => on(shardOf(key, own.length), name, payload),
    all: (name, payload) => Promise.all(own.map((_, shard) => on(shard, name, payload))) as never,
    async close() {
      await Promise.all(own.map((made) => made?.destroy()))
      for (const made of own) if (made) pools.delete(made)
      own.fill(undefined)
    },
  }
}

export const createOffload = (poolSize: number): OffloadHost => {
  const pools = new Set<Piscina>()
  let shared: Piscina | undefined
  const pool = (): Piscina => {
    if (shared) return shared
    shared = new Piscina({
      ...threads,
      filename: beside('offload-task.worker'),
      maxThreads: Math.max(1, poolSize),
      idleTimeout: IDLE_MS,
    })
    pools.add(shared)
    return shared
  }
  return {
    of: (component) => ({
      async run<T>(file: URL, payload: unknown, options: Parameters<Offload['run']>[2] = {}): Promise<T> {
        const { signal, transfer } = options
        try {
          return (await pool().run(
            { file: file.href, payload },
            { ...(signal && { signal }), ...(transfer && { transferList: [...transfer] }) },
          )) as T
        } catch (error) {
          throw failure(component, error)
        }
      },
      stateful: (file, { shards, init }) => createShards(component, file, shards, init, pools),
    }),
    get running() {
      return [...pools].reduce((n, one) => n + one.threads.length, 0)
    },
    async close() {
      await Promise.all([...pools].map((one) => one.destroy()))
      pools.clear()
      shared = undefined
    },
  }
}
