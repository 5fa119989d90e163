/** A thread of the shared pool: runs the function that a file exports by default. */
interface Task {
  readonly file: string
  readonly payload: unknown
}

export default async ({ file, payload }: Task): Promise<unknown> => {
  const module = (await import(file)) as { readonly default?: unknown }
  if (typeof module.default !== 'function') throw new TypeError(`${file} does not export a function by default`)
  return (module.default as (payload: unknown) => unknown)(payload)
}
