/** Speaking with a running collector. */
export { controlClient } from './client.ts'
export { dataDirectoryOf } from './data-directory.ts'
export { controlHandlers, type CollectorInfo, type ReloadAnswer } from './handlers.ts'
export { toJson } from './json.ts'
export { startControl } from './server.ts'
