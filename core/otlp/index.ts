/** OTLP for plugins, beside the codec: what a server's answers mean. */
export { partialSuccess, readStatus, statusMessage } from './answer.ts'
export type { PartialSuccess, ServerStatus } from './answer.ts'
export { withEventNameAttribute } from './event-name.ts'
export { settlePartial } from './settle.ts'
