/**
 * `logs/marcus_*.log`: `LEVEL:module:message`, without times, the only trace of leases. Lines below WARNING, lines of no
 * form (reports, tracebacks) and those that repeat what other sources tell are housekeeping; the rest is passed on.
 */
import type { Parsed } from '../observation.ts'
import { microsOf, type Micros } from '../micros.ts'

const FORM = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL):([\w.]+):(.*)$/
const RECOVERING = /^Recovering task (\S+) from agent (.+?) \(expired: ([^)]+)\)/

/**
 * Loud lines that are traces of what better sources tell: a request that got nothing (and the diagnosis that Marcus prints
 * each time), a refused completion, a lease that is still good. Idle agents ask every half minute, so these are most.
 */
const repeats: readonly (readonly [name: string, module: RegExp, message: RegExp])[] = [
  ['text_no_task', /\.tools\.task$/, /^No tasks assignable/],
  ['text_diagnosis', /\.task_diagnostics$/, /^\[(critical|high|medium|low)\] /],
  ['text_refusal', /\.tools\.task$/, /^(VALIDATION |PRODUCT SMOKE GATE|Task \S+ is not currently assigned)/],
  ['text_refusal', /\.work_analyzer$/, /^No source files found/],
  ['text_lease', /\.assignment_lease$/, /^(Lease expiring soon|Lease monitor cancelled|No active lease found)/],
]

const repeatOf = (module: string, message: string): string | undefined =>
  repeats.find(([, from, what]) => from.test(module) && what.test(message))?.[0]

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
  const repeat = repeatOf(module, message)
  if (repeat !== undefined) return { parsed: { kind: 'housekeeping', name: repeat } }
  return { parsed: { kind: 'unmapped', file: '', reason: 'text', record: { level, module, message } } }
}
