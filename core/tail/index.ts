/**
 * Following files: `createTailer({ include, clock, onChunk, … })`. It hands on chunks of complete lines with their place
 * in the file; `entriesOf(chunk)` walks over the single lines. `chunk.ack()` and `tailer.positions()` make it resumable.
 */
export { createTailer } from './tailer.ts'
export { compilePattern, type Entry, entriesOf } from './split.ts'
export { compileGlobs, type Glob } from './glob.ts'
export type {
  Chunk,
  FilePosition,
  LongLinePolicy,
  Multiline,
  Tailer,
  TailOptions,
  TailProblem,
  TailStats,
} from './types.ts'
