/**
 * Work off the event loop. Stateless tasks share one pool of at most `worker_pool_size` threads; a stateful component owns
 * shards of one thread each, and a key always goes to the same shard, in call order. Threads start on first use. Worker
 * files run as they are (`.ts` too), and `seneca-collector` means the running collector there as well.
 */
import { extname } from 'node:path'
import type { Piscina } from 'piscina'
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

/** Loaded on first use: most collectors never need a thread. */
const newPool = async (options: ConstructorParameters<typeof Piscina>[0], pools: Set<Piscina>): Promise<Piscina> => {
  const { Piscina: Pool } = await import('piscina')
  const made = new Pool(options)
  pools.add(made)
  return made
}

const createShards = (
  component: string,
  file: URL,
  shards: number,
  init: unknown,
  pools: Set<Piscina>,
): StatefulPool => {
  const own: (Promise<Piscina> | undefined)[] = Array.from({ length: Math.max(1, shards) })
  // State lives in the thread, so it stays.
  const options = {
    ...threads,
    filename: beside('offload-shard.worker'),
    minThreads: 1,
    maxThreads: 1,
    workerData: { file: file.href, init },
  }
  const on = async <T>(shard: number, name: string, payload: unknown): Promise<T> => {
    const pool = await (own[shard] ??= newPool(options, pools))
    try {
      return (await pool.run({ name, payload })) as T
    } catch (error) {
      throw failure(component, error)
    }
  }
  return {
    call: (key, name, payload) => on(shardOf(key, own.length), name, payload),
    all: (name, payload) => Promise.all(own.map((_, shard) => on(shard, name, payload))) as never,
    async close() {
      for (const starting of own.splice(0, own.length, ...own.map(() => undefined))) {
        const pool = await starting
        if (!pool) continue
        pools.delete(pool)
        await pool.destroy()
      }
    },
  }
}

export const createOffload = (poolSize: number): OffloadHost => {
  const pools = new Set<Piscina>()
  const options = {
    ...threads,
    filename: beside('offload-task.worker'),
    maxThreads: Math.max(1, poolSize),
    idleTimeout: IDLE_MS,
  }
  let shared: Promise<Piscina> | undefined
  return {
    of: (component) => ({
      async run<T>(file: URL, payload: unknown, given: Parameters<Offload['run']>[2] = {}): Promise<T> {
        const { signal, transfer } = given
        const pool = await (shared ??= newPool(options, pools))
        try {
          return (await pool.run(
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
      await shared
      shared = undefined
      await Promise.all([...pools].map((one) => one.destroy()))
      pools.clear()
    },
  }
}
