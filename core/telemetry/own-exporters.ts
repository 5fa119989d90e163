/** Loads what the collector's own traces and metrics need, only when they are switched on. */
import type { OwnExporter } from './own-options.ts'
import { CollectorError } from '../kit/errors.ts'

/** These packages are no dependencies: few need them, and they are heavy. */
export const loadOptional = async <T>(name: string, load: () => Promise<T>, purpose: string): Promise<T> => {
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new CollectorError('dependency_missing', `install ${name} to use ${purpose}`, { cause })
  }
}

export interface OtlpOptions {
  readonly url: string
  readonly headers: Record<string, string>
  readonly timeoutMillis: number
}

/** An endpoint without a path gets the signal's own. */
export const otlpOptions = (signal: 'traces' | 'metrics', { endpoint, headers, timeout }: OwnExporter): OtlpOptions => {
  const url = new URL(endpoint)
  if (url.pathname === '/') url.pathname = `/v1/${signal}`
  return {
    url: url.href,
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    timeoutMillis: timeout,
  }
}
