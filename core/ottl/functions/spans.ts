/** Functions of spans, and those of contexts that are not supported, so that they are refused by name. */
import { path } from '../../model/index.ts'
import { Failure } from '../values.ts'
import { define, only } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const parent = path(['parent_span_id'])

const isRootSpan = define('IsRootSpan', {}, () => (run) => !run.record.get(parent))

const ofProfiles = define('ProfileID', { Target: 'any' }, () => {
  throw new Failure('ProfileID is for profiles, which are not supported')
})

export const spanFunctions: readonly FunctionSpec[] = [only(['span'], isRootSpan), only([], ofProfiles)]
