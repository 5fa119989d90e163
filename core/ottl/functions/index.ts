/** The table of functions. A further group is a further file and a line here. */
import { aggregations } from './aggregate.ts'
import { collections } from './collections.ts'
import { editors } from './editors.ts'
import { flatten } from './flatten.ts'
import { conversions } from './exponential.ts'
import { extractGrokPatterns } from './grok.ts'
import { hashes } from './hashes.ts'
import { metricFunctions } from './metrics.ts'
import { net } from './net.ts'
import { parsers } from './parse.ts'
import { replacers } from './replace.ts'
import { parseSeverity } from './severity.ts'
import type { FunctionSpec } from './spec.ts'
import { spanFunctions } from './spans.ts'
import { strings } from './strings.ts'
import { times } from './time.ts'
import { types } from './types.ts'
import { xml } from './xml.ts'

const table: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    ...editors,
    flatten,
    ...replacers,
    ...types,
    ...strings,
    ...collections,
    ...parsers,
    ...hashes,
    ...net,
    ...times,
    parseSeverity,
    ...xml,
    extractGrokPatterns,
    ...spanFunctions,
    ...metricFunctions,
    ...aggregations,
    ...conversions,
  ].map((spec) => [spec.name, spec]),
)

export const functionNamed = (name: string): FunctionSpec | undefined => table.get(name)
export const functionNames = (): Iterable<string> => table.keys()
export const allFunctions = (): readonly FunctionSpec[] => [...table.values()]
