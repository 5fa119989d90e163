/**
 * `node:http` without what an ES import of it costs: that reads every export at once, and three of them (WebSocket,
 * CloseEvent, MessageEvent) load the whole of undici, which is 14 MiB and 30 ms of CPU. Take its types with
 * `import type`.
 */
import type * as https from 'node:https'
import type * as tls from 'node:tls'

export const nodeHttp = process.getBuiltinModule('node:http')

/** Loaded where a connection is to be secured, as are the 8 MiB that come with node:tls. */
export const nodeHttps = (): typeof https => process.getBuiltinModule('node:https')
export const nodeTls = (): typeof tls => process.getBuiltinModule('node:tls')
