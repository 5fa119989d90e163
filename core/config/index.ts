/** The configuration: from YAML to what the engine runs, with all mistakes told at once. */
export { effective, type Effective, effectiveValue } from './effective.ts'
export { configOrThrow, type Loaded, loadConfig } from './load.ts'
export { countOf, renderProblem, renderProblems } from './problems.ts'
export { createRegistry, kinds, type Registry } from './registry.ts'
export { didYouMean, listOf } from './suggest.ts'
export { optionsSchema, wholeSchema } from './whole-schema.ts'
export type * from './types.ts'
