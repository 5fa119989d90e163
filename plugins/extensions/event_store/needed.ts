import { CollectorError } from 'seneca-collector'

/** A package that only this kind of storage needs; its absence is told with what to do. */
export const needed = async <T>(name: string, load: () => Promise<T>, use: string): Promise<T> => {
  try {
    return await load()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw thrown
    throw new CollectorError('start_failed', `install '${name}' to keep events in ${use}: npm install ${name}`, {
      cause: thrown,
    })
  }
}

/** What a server refuses or a lost connection may pass: whoever has the events keeps them and tries again. */
export const unavailable = (server: string, thrown: unknown): CollectorError =>
  thrown instanceof CollectorError
    ? thrown
    : new CollectorError('unavailable', `${server}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
        retryable: true,
        cause: thrown,
      })
