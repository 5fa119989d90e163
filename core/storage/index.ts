/** Small durable state: 'seneca-collector/storage'. */
export { openStateStorage } from './state-storage.ts'
export type { StateStorage, StateStorageOptions, SyncPolicy } from './state-storage.ts'
