/** OTLP for plugins, beside the codec: what a server's answers mean. */
export { partialSuccess, readStatus, statusMessage } from './answer.ts'
export type { PartialSuccess, ServerStatus } from './answer.ts'
export { withEventNameAttribute } from './event-name.ts'
export { settlePartial } from './settle.ts'
/** Writes protobuf from the end of a message to its beginning: fields and repeated items in reverse order. */
export { BackWriter } from '../model/otlp/writer.ts'
