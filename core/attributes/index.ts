/** Actions on attributes, as the `attributes` and `resource` processors take them ('seneca-collector/attributes'). */
export { actionProblems, actionsSchema, compileActions } from './actions.ts'
export type { Action } from './actions.ts'
export { attributesOf } from './target.ts'
export type { AttributesTarget } from './target.ts'
