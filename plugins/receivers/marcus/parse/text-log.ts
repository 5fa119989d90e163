/**
 * `logs/marcus_*.log`: `LEVEL:module:message`, without times, the only trace of leases. Lines below WARNING and lines of
 * no form (reports, tracebacks) are housekeeping; what is louder and known to no rule is passed on.
 */
import type { Parsed } from '../observation.ts'
import { microsOf, type Micros } from '../micros.ts'

const FORM = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]+):(.*)$/
const RECOVERING = /^Recovering task (\S+) from agent (.+?) \(expired: ([^)]+)\)/

export interface TextLine {
  readonly parsed: Parsed
  /** A lower bound of when it was written, where the line holds one. */
  readonly notBefore?: Micros
}

export const parseTextLine = (line: string): TextLine => {
  const form = FORM.exec(line)
  if (form === null) return { parsed: { kind: 'housekeeping', name: 'text_plain' } }
  const [, level = '', module = '', message = ''] = form
  const recovering = module.endsWith('assignment_lease') ? RECOVERING.exec(message) : null
  if (recovering !== null) {
    const notBefore = microsOf(recovering[3])
    const parsed: Parsed = { kind: 'recovering', task: recovering[1] ?? '', agent: recovering[2] ?? '' }
    return notBefore === undefined ? { parsed } : { parsed, notBefore }
  }
  if (level === 'DEBUG' || level === 'INFO')
    return { parsed: { kind: 'housekeeping', name: `text_${level.toLowerCase()}` } }
  return { parsed: { kind: 'unmapped', file: '', reason: 'text', record: { level, module, message } } }
}
