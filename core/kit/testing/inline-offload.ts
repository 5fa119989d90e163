/** Offload without threads: the worker file runs here, with payloads and answers cloned as they would be between threads. */
import type { Offload, StatefulPool } from '../context.ts'
import { shardOf } from '../shard.ts'

type Handler = (payload: unknown) => unknown
type Handlers = Readonly<Record<string, Handler>>

const load = async (file: URL): Promise<unknown> => ((await import(file.href)) as { readonly default: unknown }).default

export const inlineOffload: Offload = {
  async run<T>(file: URL, payload: unknown, options?: { readonly signal?: AbortSignal }): Promise<T> {
    options?.signal?.throwIfAborted()
    const task = (await load(file)) as Handler
    return structuredClone(await task(structuredClone(payload))) as T
  },
  stateful(file, { shards, init }): StatefulPool {
    const started = load(file).then((create) =>
      Promise.all(
        Array.from({ length: shards }, async () => (await (create as Handler)(structuredClone(init))) as Handlers),
      ),
    )
    started.catch(() => {})
    const tails = Array.from({ length: shards }, () => Promise.resolve<unknown>(undefined))
    const on = <T>(shard: number, name: string, payload: unknown): Promise<T> => {
      const copy: unknown = structuredClone(payload)
      const answer = (tails[shard] ?? Promise.resolve()).then(async () => {
        const handler = (await started)[shard]?.[name]
        if (!handler) throw new TypeError(`${file.href} has no function '${name}'`)
        return structuredClone(await handler(copy)) as T
      })
      tails[shard] = answer.catch(() => {})
      return answer
    }
    return {
      call: (key, name, payload) => on(shardOf(key, shards), name, payload),
      all: (name, payload) =>
        Promise.all(Array.from({ length: shards }, (_, shard) => on(shard, name, payload))) as never,
      async close() {
        await Promise.all(tails)
      },
    }
  },
}
