/** The public surface: `import { definePlugin, logs, … } from 'seneca-collector'`. */
export { definePlugin } from './plugin.ts'
export type { CheckInfo, Component, ConfigProblem, Kind, PluginDefinition, Stability } from './plugin.ts'
export type {
  ComponentState,
  Context,
  InstrumentOptions,
  Labels,
  Logger,
  Memory,
  Meter,
  Offload,
  Receipt,
  StatefulOptions,
  StatefulPool,
  Status,
  StatusState,
  StorageFace,
  Store,
  Tracer,
} from './context.ts'
export type { Clock } from './clock.ts'
export type { Infer, JsonSchema } from './schema.ts'
export { Secret } from './secret.ts'
export { CollectorError, errorCodes, PartialError } from './errors.ts'
export type { ErrorCode } from './errors.ts'
export { deliver } from './deliver.ts'
export { completeOptions, parseByteSize, parseDuration } from './options.ts'
export { systemClock } from './system-clock.ts'
export * from '../model/index.ts'
