/** Events: the catalogue, topics and patterns, identity, and the comparing of snapshots ('seneca-collector/events'). */
export { compilePattern, matchPattern, matchSubject, PATTERN_LENGTH_MAX, patternProblem, topicOf } from './topics.ts'
export { catalogue, contextFields, countsAsActivity, eventType } from './catalogue/index.ts'
export type { Category, EventType, JsonSchemaValue, Severity } from './catalogue/index.ts'
export { catalogueMarkdown } from './catalogue/markdown.ts'
export { event, type EventInit } from './event.ts'
export { eventId, rootTaskOf, traceIdOf } from './identity.ts'
export { diffList, diffRow, diffSnapshots, sameValue } from './snapshot.ts'
export type { FieldChange, Row, RowChange, Snapshot, SnapshotDiff } from './snapshot.ts'
