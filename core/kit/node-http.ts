/**
 * `node:http` without what an ES import of it costs: that reads every export at once, and three of them (WebSocket,
 * CloseEvent, MessageEvent) load the whole of undici, which is 14 MiB and 30 ms of CPU. Take its types with
 * `import type`.
 */
export const nodeHttp = process.getBuiltinModule('node:http')
