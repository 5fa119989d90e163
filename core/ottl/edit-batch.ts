/**
 * Programs over a batch of any signal. Groups of statements run one after the other, each over the whole batch where that can
 * be seen (resources and scopes are shared, metrics may be made); otherwise all of them in one pass, record by record.
 */
import { concat, metrics } from '../model/index.ts'
import type { Batch, BaseRecord, DraftOf, MetricInit, Signal, Value, ValueMap } from '../model/index.ts'
import { OttlError } from './program.ts'
import type { Program } from './program.ts'
import { editShared } from './shared.ts'
import { editRuns } from './subjects.ts'

export interface Edited {
  readonly changed: Batch
  /** Records some statement failed on: they are not in `changed`. */
  readonly failed: ReadonlySet<number>
  /** Of the first of them. */
  readonly error: OttlError | undefined
}

interface Pass {
  readonly failed: Set<number>
  error: OttlError | undefined
  /** Metrics made in this pass, each with the record it was made beside. */
  readonly made: Batch<'metrics'>[]
}

const mapOf = (value: Value | undefined): ValueMap => (value ?? {}) as ValueMap

/** A metric with the resource and the scope of another. */
const beside = (record: BaseRecord, init: MetricInit): Batch<'metrics'> =>
  metrics([init], {
    resource: { attributes: mapOf(record.get(['resource', 'attributes'])), schemaUrl: record.resource.schemaUrl },
    scope: {
      name: record.scope.name,
      version: record.scope.version,
      attributes: mapOf(record.get(['scope', 'attributes'])),
      schemaUrl: record.scope.schemaUrl,
    },
  })

const runOn = (program: Program, signal: Signal, draft: DraftOf[Signal], index: number, pass: Pass): boolean => {
  try {
    if (signal === 'logs') {
      program.run(draft as DraftOf['logs'])
      return true
    }
    const make = (init: MetricInit): void => void pass.made.push(beside(draft.record, init))
    for (const run of editRuns(signal, draft, program.context, make)) program.on(run)
    return true
  } catch (thrown) {
    if (!(thrown instanceof OttlError)) throw thrown
    pass.error ??= thrown
    pass.failed.add(index)
    return false
  }
}

const scopes = ['scope', 'instrumentation_scope']

const sharedLevels = ({ context, written }: Program): readonly ('resource' | 'scope')[] => {
  const hasResource = context === 'resource' || written.has('resource')
  const hasScope = context === 'scope' || scopes.some((name) => written.has(name))
  return [...(hasResource ? (['resource'] as const) : []), ...(hasScope ? (['scope'] as const) : [])]
}

/** Metrics that are made are records too, and the statements that made them run on them. */
const GENERATIONS_MAX = 16

const runAlone = (batch: Batch, program: Program, pass: Pass): Batch => {
  const levels = sharedLevels(program)
  if (levels.length > 0) {
    const { context } = program
    return editShared(batch, {
      levels,
      once: context === 'resource' || context === 'scope' ? context : undefined,
      run: (draft, i) => pass.failed.has(i) || runOn(program, batch.signal, draft, i, pass),
      fail: (i) => void pass.failed.add(i),
    })
  }
  let out = batch
  let from = 0
  for (let generation = 0; generation < GENERATIONS_MAX && from < out.count; generation++) {
    const start = from
    from = out.count
    out = out.edit((draft, i) => {
      if (i >= start && !pass.failed.has(i)) runOn(program, batch.signal, draft, i, pass)
    })
    out = concat<Signal>([out, ...pass.made.splice(0)])
  }
  return out
}

export const editBatch = (batch: Batch, programs: readonly Program[]): Edited => {
  const pass: Pass = { failed: new Set(), error: undefined, made: [] }
  const isPlain = batch.signal !== 'metrics' && programs.every((program) => sharedLevels(program).length === 0)
  let changed = batch
  if (isPlain) {
    changed = batch.edit((draft, i) => {
      for (const program of programs) {
        if (runOn(program, batch.signal, draft, i, pass)) continue
        draft.drop()
        return
      }
    })
  } else {
    for (const program of programs) changed = runAlone(changed, program, pass)
    if (pass.failed.size > 0) changed = changed.filter((_, i) => !pass.failed.has(i))
  }
  return { changed, failed: pass.failed, error: pass.error }
}
