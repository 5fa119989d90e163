/** `condition`: an OTTL condition over the event; only what it is true for is sent. */
import type { Logger, LogRecord } from 'seneca-collector'
import { compileCondition as compile, OttlError } from 'seneca-collector/ottl'

/** A condition that fails on an event does not hold for it, and says so. */
export const compileCondition = (source: string, log: Logger): ((record: LogRecord) => boolean) => {
  const holds = compile(source, { context: 'event' })
  return (record) => {
    try {
      return holds(record)
    } catch (error) {
      if (!(error instanceof OttlError)) throw error
      log.warn('the condition failed on an event, which is not sent', { reason: error.message })
      return false
    }
  }
}
