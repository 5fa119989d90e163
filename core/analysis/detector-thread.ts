/**
 * A detector in a thread of its own: jobs run one after the other in the order they were asked for; its state is read
 * from the component's storage when the thread starts (on the first job) and saved there on demand.
 */
import type { Context, StatefulPool } from '../kit/index.ts'

export interface DetectorThread<F> {
  /** The worker file makes `{ observe(columns), advance({ time }), flush(), snapshot() }`. Rejects when it throws. */
  run(name: 'observe' | 'advance' | 'flush', payload: unknown): Promise<readonly F[]>
  /** Nothing when the thread was never started. */
  save(): Promise<void>
  close(): Promise<void>
  /** Jobs asked for and not yet done. */
  readonly waiting: number
}

const STATE_KEY = 'state'
const SHARD = 'all'

export const createDetectorThread = <F>(ctx: Context<'processor'>, file: URL, options: unknown): DetectorThread<F> => {
  let pool: StatefulPool | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  const started = (): StatefulPool =>
    (pool ??= ctx.offload.stateful(file, { shards: 1, init: { options, state: ctx.storage.get(STATE_KEY) } }))

  const after = <T>(job: () => Promise<T>): Promise<T> => {
    waiting++
    const done = last.then(job).finally(() => waiting--)
    last = done.catch(() => undefined)
    return done
  }

  return {
    run: (name, payload) => after(() => started().call<readonly F[]>(SHARD, name, payload)),
    async save() {
      if (!pool) return
      const state = await after(() => started().call<Uint8Array>(SHARD, 'snapshot', undefined))
      await ctx.storage.commit([[STATE_KEY, state]])
    },
    async close() {
      await last
      await pool?.close()
      pool = undefined
    },
    get waiting() {
      return waiting
    },
  }
}
