/** MCP clients that stay connected: `connectMcp(options, env)`. */
export { connectMcp } from './connection.ts'
export { readAnswer } from './answer.ts'
export type { AnswerValue, RawResult } from './answer.ts'
export { OBSERVER_META_KEY } from './constants.ts'
export type * from './types.ts'
