/** `ottl try`: statements on a record from the standard input, and what they change. */
import { CollectorError } from '../../kit/errors.ts'
import { compileStatements } from '../../ottl/index.ts'
import type { ContextName, OttlProblem } from '../../ottl/index.ts'
import type { Batch } from '../../model/index.ts'
import { toJson } from '../../control/json.ts'
import { exitCode } from '../exit-codes.ts'
import { changesBetween, showChanges } from '../sample/difference.ts'
import { factsOf } from '../sample/facts.ts'
import { readSample } from '../sample/read.ts'
import type { Io } from '../verb.ts'
import { paint } from '../view/paint.ts'

const INPUT_BYTES_MOST = 16 * 1024 * 1024

const readInput = async (io: Io): Promise<string> => {
  if (io.input === undefined)
    throw new CollectorError(
      'usage',
      'ottl try reads a record from its input: seneca-collector ottl try \'set(body, "x")\' < record.json',
    )
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of io.input) {
    size += chunk.length
    if (size > INPUT_BYTES_MOST)
      throw new CollectorError('too_large', `more than ${INPUT_BYTES_MOST} bytes; a few records are enough to try`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A mistake under its statement. */
export const showProblem = ({ source, message, offset, length, suggestion }: OttlProblem): string => {
  const [start, end] = [source.lastIndexOf('\n', offset - 1) + 1, source.indexOf('\n', offset)]
  const line = source.slice(start, end < 0 ? undefined : end)
  const column = offset - start
  const caret = `${' '.repeat(column)}${'^'.repeat(Math.max(1, Math.min(length, line.length - column)))}`
  return `error: ${message}\n  ${line}\n  ${caret}${suggestion === undefined ? '' : `\n  did you mean ${suggestion}?`}`
}

interface TryOptions {
  readonly context: ContextName
  readonly json: boolean
}

export const tryStatements = async (statements: readonly string[], options: TryOptions, io: Io): Promise<number> => {
  if (statements.length === 0)
    throw new CollectorError(
      'usage',
      'ottl try needs a statement: seneca-collector ottl try \'set(attributes["env"], "prod")\' < record.json',
    )
  const program = compileStatements(statements, { context: options.context })
  if (program.problems.length > 0) {
    if (options.json) await io.out(`${toJson({ ok: false, problems: program.problems })}\n`)
    else io.err(`${program.problems.map(showProblem).join('\n')}\n`)
    return exitCode('failed')
  }
  const { batch, face } = readSample(await readInput(io))
  const color = paint(io.color)
  for (let i = 0; i < batch.count; i++) {
    const one = batch.slice(i, i + 1)
    const after = (one as Batch<'logs'>).edit((draft) => program.run(draft))
    const changes = changesBetween(factsOf(one, face), factsOf(after, face))
    if (options.json) await io.out(`${toJson({ ok: true, record: i, changes })}\n`)
    else {
      const title = batch.count === 1 ? '' : `record ${i + 1}\n`
      await io.out(`${title}${changes.length === 0 ? 'nothing changed' : showChanges(changes, color)}\n`)
    }
  }
  return exitCode('ok')
}
