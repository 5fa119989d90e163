/** Events: the catalogue, topics and patterns, identity, and the comparing of snapshots ('seneca-collector/events'). */
export { compilePattern, matchPattern, matchSubject, PATTERN_LENGTH_MAX, patternProblem, topicOf } from './topics.ts'
