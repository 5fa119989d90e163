/** A thread that owns state: creates it on the first call from what a file exports by default, then serves its functions. */
import { workerData } from 'piscina'

interface Shard {
  readonly file: string
  readonly init: unknown
}
interface Call {
  readonly name: string
  readonly payload: unknown
}
type Handlers = Readonly<Record<string, (payload: unknown) => unknown>>

const create = async ({ file, init }: Shard): Promise<Handlers> => {
  const module = (await import(file)) as { readonly default?: unknown }
  if (typeof module.default !== 'function') throw new TypeError(`${file} does not export a function by default`)
  return (await (module.default as (init: unknown) => unknown)(init)) as Handlers
}

let handlers: Promise<Handlers> | undefined

export default async ({ name, payload }: Call): Promise<unknown> => {
  handlers ??= create(workerData as Shard)
  const handler = (await handlers)[name]
  if (typeof handler !== 'function') throw new TypeError(`${(workerData as Shard).file} has no function '${name}'`)
  return handler(payload)
}
