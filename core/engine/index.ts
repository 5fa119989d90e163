/** The engine: builds, runs and stops what a configuration describes. */
export { createCollector } from './collector.ts'
export { graphOf } from './graph.ts'
export { loadPlugin } from './loader.ts'
export { engineOptions, engineProperties } from './options.ts'
export type {
  Collector,
  ComponentStatus,
  EngineEnvironment,
  Graph,
  GraphNode,
  PipelineBalance,
  StepStats,
  StopReport,
  TapPoint,
} from './types.ts'
