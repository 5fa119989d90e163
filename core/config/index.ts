/** The configuration: from YAML to what the engine runs, with all mistakes told at once. */
export { configOrThrow, loadConfig, type LoadOptions, type Loaded } from './load.ts'
export { ConfigError, countOf, renderProblem, renderProblems, type Problem } from './problems.ts'
export { createRegistry, kinds, type Found, type Registry } from './registry.ts'
export { didYouMean, listOf, nearest } from './suggest.ts'
export type * from './types.ts'
export { effective, type Effective, effectiveValue } from './effective.ts'
export { optionsSchema, wholeSchema } from './whole-schema.ts'
export { typeOf } from './components.ts'
