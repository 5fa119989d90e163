/** The history of events: what a store keeps, the chain over it, and the state it tells of ('seneca-collector/history'). */
export { CHAIN_START, chained, createChainCheck, endToText, laterEnd } from './chain.ts'
export type { ChainBreak, ChainEnd } from './chain.ts'
export { memoryBackend } from './memory-backend.ts'
export { createHistory } from './history.ts'
export type { History, HistoryLimits, HistoryQuery, Page } from './history.ts'
export { keyOf, rowOfLine, rowsOf } from './rows.ts'
export { applyEvent, emptyState, viewState } from './state.ts'
export type { SourcedEvent, StateView, WorldState } from './state.ts'
export type {
  Appended,
  EventBackend,
  EventRow,
  EventStoreFace,
  Scan,
  Snapshot,
  StoredRow,
  StoreStats,
} from './types.ts'
export type { Verified } from './verify.ts'
