/**
 * The OpenTelemetry Transformation Language over records: `import { compileStatements } from 'seneca-collector/ottl'`.
 *
 * Compiled once, run on every record. Mistakes are values (`problems`, each with its place in the text), so a
 * configuration can show all of them at once; running what has mistakes throws.
 */
export {
  checkConditions,
  compileCondition,
  compileConditions,
  compileStatements,
  compileValue,
  OttlError,
  OttlSyntaxError,
} from './program.ts'
export type { Conditions, ErrorMode, OttlOptions, Program, ProgramOptions } from './program.ts'
export type { OttlProblem } from './problem.ts'
export { contexts } from './contexts/tables.ts'
export type { ContextName } from './contexts/tables.ts'
export { contextsOf, inferContext } from './inference.ts'
export { editBatch } from './edit-batch.ts'
export { filterBatch, matchOf } from './filter-batch.ts'
export { readRuns } from './subjects.ts'
export { allFunctions } from './functions/index.ts'
export { failureReporter, toConfigProblems } from './report.ts'
export { storedText as textOf } from './getters.ts'
export { formatFloat } from './go/format-float.ts'
export { parseFloat64 as parseDouble } from './go/strconv.ts'
export { compilePattern } from './pattern.ts'
export type { Pattern } from './pattern.ts'
