/** Speaking with a running collector. */
export { controlClient, type ControlClient } from './client.ts'
export { dataDirectoryOf } from './data-directory.ts'
export { controlHandlers, type CollectorInfo, type Controlled, type ControlHandler } from './handlers.ts'
export { toJson } from './json.ts'
export { controlListener, startControl, type ControlServer } from './server.ts'
