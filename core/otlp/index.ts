/** OTLP for plugins, beside the codec: what a server's answers mean, and ours. */
export { partialSuccess, readStatus, statusMessage } from './answer.ts'
export type { PartialSuccess, ServerStatus } from './answer.ts'
export { withEventNameAttribute } from '../model/event-name.ts'
export { settlePartial } from './settle.ts'
export { encodePartialSuccess, encodeStatus, partialSuccessToJson, statusToJson } from './write-answer.ts'
export type { StatusInit } from './write-answer.ts'
/** Writes protobuf from the end of a message to its beginning: fields and repeated items in reverse order. */
export { BackWriter } from '../model/otlp/writer.ts'
