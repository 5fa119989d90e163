/**
 * `ottl test`: files of statements with records before and after. Says for every statement how often it ran and how often
 * its condition held, so that a statement no test reaches is seen.
 */
import { globSync } from 'node:fs'
import type { Node, ScalarNode } from '../../config/node.ts'
import { renderProblems } from '../../config/index.ts'
import type { Problems } from '../../config/problems.ts'
import { sourceOffset } from '../../config/parse.ts'
import { span } from '../../config/source.ts'
import { CollectorError } from '../../kit/errors.ts'
import { compileStatements, OttlError } from '../../ottl/index.ts'
import type { ContextName, ErrorMode, OttlProblem, Program } from '../../ottl/index.ts'
import type { Batch } from '../../model/index.ts'
import { toJson } from '../../control/json.ts'
import { exitCode } from '../exit-codes.ts'
import { changesBetween } from '../sample/difference.ts'
import { factsOf } from '../sample/facts.ts'
import { sampleOf } from '../sample/read.ts'
import type { Sample } from '../sample/read.ts'
import { counts, showVerdict, verdictJson } from '../sample/verdict.ts'
import type { Failure, Verdict } from '../sample/verdict.ts'
import { itemsOf, membersOf, openTestFile, placeOf, textOf, textsOf, valueOf } from '../sample/yaml.ts'
import type { Io } from '../verb.ts'
import { paint } from '../view/paint.ts'

type Text = ScalarNode & { readonly value: string }

/** How often a statement's turn came and how often its condition held. */
interface Reach {
  readonly text: Text
  turns: number
  held: number
}

interface Test {
  readonly name: string
  readonly node: Node
  readonly before: Sample
  readonly after: Sample | undefined
  readonly afterNode: Node | undefined
  readonly error: string | undefined
}

interface Suite {
  readonly program: Program
  readonly tests: readonly Test[]
  readonly reached: readonly Reach[]
  readonly problems: Problems
}

const errorModes: readonly string[] = ['propagate', 'ignore', 'silent']
const contextNames: readonly string[] = ['log', 'event']

const choice = <T extends string>(
  node: Node | undefined,
  what: string,
  known: readonly string[],
  problems: Problems,
): T | undefined => {
  const text = textOf(node, what, problems)
  if (text === undefined || known.includes(text)) return text as T | undefined
  problems.add({ message: `${what} is one of ${known.join(', ')}, not '${text}'`, span: node!.span })
  return undefined
}

const sampleFrom = (node: Node | undefined, problems: Problems): Sample | undefined => {
  if (node === undefined) return undefined
  try {
    const sample = sampleOf(valueOf(node))
    if (sample.batch.count === 1) return sample
    problems.add({ message: `a test has one record, not ${sample.batch.count}`, span: node.span })
  } catch (thrown) {
    if (!(thrown instanceof CollectorError)) throw thrown
    problems.add({ message: thrown.message, span: node.span })
  }
  return undefined
}

const readTest = (node: Node, number: number, problems: Problems): readonly Test[] => {
  const members = membersOf(node, 'a test', ['name', 'before', 'after', 'error'], problems)
  const before = sampleFrom(members.before, problems)
  if (members.before === undefined) problems.add({ message: 'a test needs a record `before`', span: node.span })
  if ((members.after === undefined) === (members.error === undefined))
    problems.add({ message: 'a test has either a record `after` or an `error`', span: node.span })
  const name = textOf(members.name, 'name', problems) ?? `test ${number}`
  const after = sampleFrom(members.after, problems)
  const error = textOf(members.error, 'error', problems)
  return before === undefined ? [] : [{ name, node, before, after, afterNode: members.after, error }]
}

const tell = (mistakes: readonly OttlProblem[], texts: readonly Text[], problems: Problems): void => {
  for (const { index, message, offset, length, suggestion } of mistakes) {
    const text = texts[index]!
    const start = sourceOffset(text, offset) ?? text.span.start
    problems.add({
      message,
      span: span(text.span.source, start, start + length),
      ...(suggestion === undefined ? {} : { suggestion: `did you mean ${suggestion}?` }),
    })
  }
}

const readSuite = (name: string, io: Io): Suite => {
  const { root, problems } = openTestFile(name, io.cwd)
  const known = ['context', 'error_mode', 'conditions', 'statements', 'tests'] as const
  const members = membersOf(root, 'a test file of statements', known, problems)
  const statements = textsOf(members.statements, 'statements', problems)
  const conditions = textsOf(members.conditions, 'conditions', problems)
  if (statements.length === 0) problems.add({ message: 'there are no statements to test', span: root.span })
  const reached: readonly Reach[] = statements.map((text) => ({ text, turns: 0, held: 0 }))
  const context = choice<ContextName>(members.context, 'context', contextNames, problems) ?? 'log'
  const errorMode = choice<ErrorMode>(members.error_mode, 'error_mode', errorModes, problems) ?? 'propagate'
  tell(
    compileStatements([], { context, conditions: conditions.map(({ value }) => value) }).problems,
    conditions,
    problems,
  )
  const program = compileStatements(
    statements.map(({ value }) => value),
    {
      context,
      errorMode,
      conditions: conditions.map(({ value }) => value),
      onTurn: (index, held) => {
        const reach = reached[index]!
        reach.turns++
        if (held) reach.held++
      },
    },
  )
  tell(
    compileStatements(
      statements.map(({ value }) => value),
      { context },
    ).problems,
    statements,
    problems,
  )
  const tests = itemsOf(members.tests, 'tests', problems).flatMap((node, i) => readTest(node, i + 1, problems))
  return { program, tests, reached, problems }
}

const judge = (program: Program, test: Test): readonly Failure[] => {
  const { before, after, afterNode, error, node } = test
  let out: Batch
  try {
    out = (before.batch as Batch<'logs'>).edit((draft) => program.run(draft))
  } catch (thrown) {
    if (!(thrown instanceof OttlError)) throw thrown
    if (error !== undefined && thrown.message.includes(error)) return []
    const expected = error === undefined ? '' : `; the error should contain ${JSON.stringify(error)}`
    return [{ message: `failed: ${thrown.message}${expected}`, span: node.span, changes: [] }]
  }
  if (after === undefined || afterNode === undefined)
    return [
      { message: `nothing failed; an error with ${JSON.stringify(error)} was expected`, span: node.span, changes: [] },
    ]
  const changes = changesBetween(factsOf(after.batch, after.face), factsOf(out, after.face))
  if (changes.length === 0) return []
  const message = 'the record is not as expected (- expected, + is)'
  return [{ message, span: placeOf(afterNode, changes[0]!.path), changes }]
}

const coverage = (reached: readonly Reach[]): string => {
  const held = reached.filter((reach) => reach.held > 0).length
  const missed = reached.filter((reach) => reach.held === 0)
  const lines = missed.map(({ text, turns }) => {
    const why = turns === 0 ? 'never had its turn' : `its condition never held (${turns} records)`
    return `  not reached: ${text.value.split('\n')[0]}: ${why}`
  })
  return [`${held} of ${reached.length} statements reached`, ...lines].join('\n')
}

export const testFiles = async (names: readonly string[], json: boolean, io: Io): Promise<number> => {
  const files = names.length > 0 ? names : globSync('*.ottl.yaml', { cwd: io.cwd }).toSorted()
  if (files.length === 0)
    throw new CollectorError(
      'usage',
      'there is no test file here; ottl test runs *.ottl.yaml, or the files it is given',
    )
  const color = paint(io.color)
  let passed = 0
  let failed = 0
  for (const file of files) {
    const { program, tests, reached, problems } = readSuite(file, io)
    if (problems.errors() > 0) throw new CollectorError('config_invalid', renderProblems(problems.all()))
    for (const test of tests) {
      const verdict: Verdict = { name: test.name, failures: judge(program, test) }
      if (verdict.failures.length === 0) passed++
      else failed++
      await io.out(json ? `${toJson(verdictJson(file, verdict))}\n` : showVerdict(file, verdict, color))
    }
    const facts = reached.map(({ text, turns, held }) => ({ statement: text.value, turns, held }))
    await io.out(json ? `${toJson({ file, coverage: facts })}\n` : `${coverage(reached)}\n`)
  }
  if (!json) await io.out(`${counts(passed, failed)}\n`)
  return exitCode(failed === 0 ? 'ok' : 'failed')
}
