/** Statements, conditions and values as programs: compiled once, run on every record, failures as the mode says. */
import { CollectorError } from '../kit/errors.ts'
import type { Draft, LogRecord, Value } from '../model/index.ts'
import { follow } from '../model/follow.ts'
import { Script } from '../model/script.ts'
import type { Step } from '../model/script.ts'
import { compileCall, compileCondition as compileTree, createCompiler, testsOf } from './compile.ts'
import type { Condition } from './compile.ts'
import type { Compiler, Services } from './compiler.ts'
import type { ContextName } from './contexts/tables.ts'
import type { Get, Run } from './expression.ts'
import { functionNamed, functionNames } from './functions/index.ts'
import { parseCondition, parseStatement, parseValue } from './parser.ts'
import { Mistake, nearest } from './problem.ts'
import type { OttlProblem } from './problem.ts'
import { Failure, toStored } from './values.ts'

/** `propagate`: the record fails; `ignore`: the statement is skipped and reported; `silent`: skipped. */
export type ErrorMode = 'propagate' | 'ignore' | 'silent'

export interface OttlOptions {
  /** The context of paths that name none; `log` by default. */
  readonly context?: ContextName
  /** Refuse paths that name no context. */
  readonly strict?: boolean
  /** The clock of `Now` and of timestamps without a year, in nanoseconds since the epoch. */
  readonly now?: () => bigint
}

export interface ProgramOptions extends OttlOptions {
  /** `propagate` by default. */
  readonly errorMode?: ErrorMode
  /** The statements run where one of these holds; always when there are none. */
  readonly conditions?: readonly string[]
  /** Called under `ignore` for every statement or condition that failed on a record. */
  readonly onError?: (failed: { readonly source: string; readonly message: string }) => void
  /** Called at every turn of a statement, for coverage: did its condition hold? */
  readonly onTurn?: (index: number, held: boolean) => void
}

export interface Program {
  readonly problems: readonly OttlProblem[]
  /** Runs the statements on one log record. Throws `OttlError` when one fails under `propagate`, or when there are problems. */
  readonly run: (draft: Draft<LogRecord>) => void
  /** The same on what a context is about: a span, a data point … */
  readonly on: (run: Run) => void
  readonly context: ContextName
  /** The contexts whose places the statements write to. */
  readonly written: ReadonlySet<string>
}

/** A statement or condition failed on a record. */
export class OttlError extends CollectorError {
  readonly source: string
  constructor(source: string, message: string) {
    super('invalid_data', `${message} (in ${source})`)
    this.name = 'OttlError'
    this.source = source
  }
}

/** Something that could not be compiled was compiled for running. */
export class OttlSyntaxError extends CollectorError {
  readonly problems: readonly OttlProblem[]
  constructor(problems: readonly OttlProblem[]) {
    const { message, source, offset } = problems[0]!
    super('config_invalid', `${message}, at character ${offset + 1} of ${source}`)
    this.name = 'OttlSyntaxError'
    this.problems = problems
  }
}

const compilerFor = (options: OttlOptions): Compiler => {
  const services: Services = { now: options.now ?? (() => BigInt(Date.now()) * 1_000_000n) }
  return createCompiler({ context: options.context ?? 'log', strict: options.strict ?? false }, services)
}

const problemFrom = (mistake: Mistake, source: string, index: number): OttlProblem => ({
  index,
  source,
  message: mistake.message,
  offset: mistake.start,
  length: Math.max(1, mistake.end - mistake.start),
  ...(mistake.suggestion === undefined ? {} : { suggestion: mistake.suggestion }),
})

interface Compiled<T> {
  readonly source: string
  readonly run: T
}

const compileAll = <T>(
  sources: readonly string[],
  problems: OttlProblem[],
  compile: (source: string, index: number) => T,
): readonly Compiled<T>[] =>
  sources.flatMap((source, index) => {
    try {
      return [{ source, run: compile(source, index) }]
    } catch (thrown) {
      if (!(thrown instanceof Mistake)) throw thrown
      problems.push(problemFrom(thrown, source, index))
      return []
    }
  })

interface Statement {
  readonly source: string
  /** As one closure: its condition first. */
  readonly run: Get<unknown>
  /** The same as data, where it can be told so. */
  readonly step: Step<Run> | undefined
}

const compileStatement = (compiler: Compiler, source: string, onTurn?: (held: boolean) => void): Statement => {
  const { editor, where } = parseStatement(source)
  if (!/^[a-z]/.test(editor.name)) {
    const editors = [...functionNames()].filter((name) => /^[a-z]/.test(name))
    const kind = functionNamed(editor.name) === undefined ? 'no function' : 'a converter'
    const message = `a statement starts with an editor such as set; ${editor.name} is ${kind}`
    throw new Mistake(message, { start: editor.start, end: editor.nameEnd }, nearest(editor.name, editors))
  }
  if (editor.keys.length > 0) throw new Mistake('an editor cannot be indexed', editor.keys[0]!)
  const { get: call, edit } = compileCall(compiler, editor)
  const condition: Condition = where === undefined ? { test: () => true, constant: true } : compileTree(compiler, where)
  const { test, constant } = condition
  if (onTurn !== undefined) {
    const run = (on: Run): unknown => {
      const held = test(on)
      onTurn(held)
      return held ? call(on) : null
    }
    return { source, run, step: undefined }
  }
  const step = edit && { where: testsOf(condition), edit }
  if (constant === true) return { source, run: call, step }
  return { source, run: (on) => (test(on) ? call(on) : null), step }
}

/** Statements in order: those of a block are data, all of them, or code. */
interface Block {
  readonly statements: readonly Statement[]
  readonly script: Script<Run> | undefined
}

const blocksOf = (statements: readonly Statement[]): readonly Block[] => {
  const blocks: Block[] = []
  for (let from = 0, to = 1; from < statements.length; from = to++) {
    const isData = statements[from]!.step !== undefined
    while (to < statements.length && (statements[to]!.step !== undefined) === isData) to++
    const own = statements.slice(from, to)
    blocks.push({ statements: own, script: isData ? new Script(own.map(({ step }) => step!)) : undefined })
  }
  return blocks
}

const runOf = (record: LogRecord, draft: Draft<LogRecord> | undefined): Run => ({ record, draft, cache: undefined })

type Guard = (source: string, thrown: unknown) => void

/** What a failure does in a mode: throw on, or report and go on. Anything that is no Failure always goes on up. */
const guardFor =
  ({ errorMode = 'propagate', onError }: ProgramOptions): Guard =>
  (source, thrown) => {
    if (!(thrown instanceof Failure)) throw thrown
    if (errorMode === 'propagate') throw new OttlError(source, thrown.message)
    if (errorMode === 'ignore') onError?.({ source, message: thrown.message })
  }

const anyHolds =
  (conditions: readonly Compiled<Get<boolean>>[], guard: Guard) =>
  (run: Run): boolean => {
    for (const { source, run: test } of conditions) {
      try {
        if (test(run)) return true
      } catch (thrown) {
        guard(source, thrown)
      }
    }
    return false
  }

export const compileStatements = (statements: readonly string[], options: ProgramOptions = {}): Program => {
  const compiler = compilerFor(options)
  const problems: OttlProblem[] = []
  const guard = guardFor(options)
  const { onTurn } = options
  const compiled = compileAll(statements, problems, (source, index) =>
    compileStatement(compiler, source, onTurn && ((held) => onTurn(index, held))),
  )
  const blocks = blocksOf(compiled.map(({ run }) => run))
  const conditions = compileAll(
    options.conditions ?? [],
    problems,
    (source) => compileTree(compiler, parseCondition(source)).test,
  )
  const applies = options.conditions?.length ? anyHolds(conditions, guard) : undefined
  const on = (run: Run): void => {
    if (problems.length > 0) throw new OttlSyntaxError(problems)
    if (applies !== undefined && !applies(run)) return
    for (const { script, statements: own } of blocks) {
      if (script !== undefined && run.draft !== undefined && follow(run.draft, script, run)) continue
      for (const statement of own) {
        try {
          statement.run(run)
        } catch (thrown) {
          guard(statement.source, thrown)
        }
      }
    }
  }
  return {
    problems,
    run: (draft) => on(runOf(draft.record, draft)),
    on,
    context: compiler.naming.context,
    written: compiler.written,
  }
}

/** Conditions of which one has to hold; `index` tells which one did. */
export interface Conditions {
  readonly problems: readonly OttlProblem[]
  /** The index of the first condition that holds for a log record, −1 when none does. Throws `OttlError` under `propagate`. */
  readonly first: (record: LogRecord) => number
  /** The same of what a context is about. */
  readonly firstOn: (run: Run) => number
  readonly context: ContextName
}

export const compileConditions = (
  sources: readonly string[],
  options: Omit<ProgramOptions, 'conditions'> = {},
): Conditions => {
  const compiler = compilerFor(options)
  const problems: OttlProblem[] = []
  const guard = guardFor(options)
  const compiled = compileAll(sources, problems, (source) => compileTree(compiler, parseCondition(source)).test)
  const firstOn = (run: Run): number => {
    if (problems.length > 0) throw new OttlSyntaxError(problems)
    for (let i = 0; i < compiled.length; i++) {
      try {
        if (compiled[i]!.run(run)) return i
      } catch (thrown) {
        guard(compiled[i]!.source, thrown)
      }
    }
    return -1
  }
  return {
    problems,
    first: (record) => firstOn(runOf(record, undefined)),
    firstOn,
    context: compiler.naming.context,
  }
}

const must = <T>(source: string, compile: () => T): T => {
  try {
    return compile()
  } catch (thrown) {
    throw thrown instanceof Mistake ? new OttlSyntaxError([problemFrom(thrown, source, 0)]) : thrown
  }
}

const failing = <T>(source: string, work: () => T): T => {
  try {
    return work()
  } catch (thrown) {
    throw thrown instanceof Failure ? new OttlError(source, thrown.message) : thrown
  }
}

/** One condition. Throws `OttlSyntaxError` now when it cannot be compiled, `OttlError` when it fails on a record. */
export const compileCondition = (source: string, options: OttlOptions = {}): ((record: LogRecord) => boolean) => {
  const { test } = must(source, () => compileTree(compilerFor(options), parseCondition(source)))
  return (record) => failing(source, () => test(runOf(record, undefined)))
}

/** One value expression, such as `attributes["a"]` or `Concat([…], " ")`. Throws as `compileCondition` does. */
export const compileValue = (source: string, options: OttlOptions = {}): ((record: LogRecord) => Value) => {
  const { get } = must(source, () => compilerFor(options).value(parseValue(source)))
  return (record) => failing(source, () => toStored(get(runOf(record, undefined))))
}

/** The problems of conditions, without running them. */
export const checkConditions = (sources: readonly string[], options: OttlOptions = {}): readonly OttlProblem[] =>
  compileConditions(sources, options).problems
