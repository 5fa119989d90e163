/** What the parts of a connection share, without the library: it is loaded with the first handshake. */
import type { McpOptions } from './types.ts'

/** Our timeouts run on the injected clock; the library's own must never come first. */
export const NEVER_MS = 2_147_483_647

/** In the `_meta` of every tool call, so that a server (and we) can tell an observer's calls. */
export const OBSERVER_META_KEY = 'seneca-collector/observer'

/** The endpoint without query and credentials, or the command's name. */
export const peerName = (options: McpOptions): string => {
  if (options.transport === 'stdio') return options.command.split('/').at(-1) ?? options.command
  const url = new URL(options.endpoint)
  return `${url.protocol}//${url.host}${url.pathname}`
}
