/** A client's `filter`: an OTTL condition over the event; what it is true for is sent. */
import type { LogRecord } from 'seneca-collector'
import { compileCondition, OttlError, OttlSyntaxError } from 'seneca-collector/ottl'
import { BadRequest } from './protocol.ts'

const compile = (text: string): ((record: LogRecord) => boolean) => {
  try {
    return compileCondition(text, { context: 'event' })
  } catch (error) {
    const [problem] = error instanceof OttlSyntaxError ? error.problems : []
    if (problem === undefined) throw error
    const meant = problem.suggestion === undefined ? '' : `; did you mean ${problem.suggestion}?`
    throw new BadRequest(`"filter", character ${problem.offset + 1}: ${problem.message}${meant}`)
  }
}

/** Throws `BadRequest` with the place of the mistake. A condition that fails on an event does not hold for it. */
export const compileFilter = (text: string, onFailed: () => void): ((record: LogRecord) => boolean) => {
  const holds = compile(text)
  return (record) => {
    try {
      return holds(record)
    } catch (error) {
      if (!(error instanceof OttlError)) throw error
      onFailed()
      return false
    }
  }
}
