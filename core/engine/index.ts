/** The engine: builds, runs and stops what a configuration describes. */
export { createCollector } from './collector.ts'
export { loadPlugin } from './loader.ts'
export type { Collector } from './types.ts'
