/** Envelope lines of a running collector, shown as they come until enough are shown, somebody interrupts, or it ends. */
import type { Io } from '../verb.ts'
import { eventLine, type ShownEvent } from './event-line.ts'
import { paint, type Paint } from './paint.ts'

/** Stands where a slow reader has missed records. */
export const isGap = (event: unknown): boolean => (event as ShownEvent).type === 'seneca.tap.gap'

/** One envelope line as a person reads it; what is no JSON is shown as it came. */
export const readable = (line: string, columns: number, color: Paint): string => {
  let event: ShownEvent
  try {
    event = JSON.parse(line) as ShownEvent
  } catch {
    return line
  }
  if (!isGap(event)) return eventLine(event, { columns, paint: color })
  const { missed } = event.data as { readonly missed: number }
  return color('yellow', `… ${missed} records went by unseen: this terminal is slower than they are`)
}

/** Whoever reads our output may go away (`tap | head`): then we are done, and that is no error. */
const printed = async (io: Io, text: string): Promise<boolean> => {
  try {
    await io.out(text)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false
    throw error
  }
}

export interface ShowOptions {
  readonly json: boolean
  readonly limit: number | undefined
}

/** `open` is given the signal that ends the lines. */
export const showLines = async (
  open: (signal: AbortSignal) => AsyncIterable<string>,
  { json, limit = Infinity }: ShowOptions,
  io: Io,
): Promise<void> => {
  const color = paint(io.color)
  const ended = new AbortController()
  const signal = AbortSignal.any([io.signal, ended.signal])
  let left = limit
  for await (const line of open(signal)) {
    const text = json ? line : readable(line, io.terminal && io.columns() > 0 ? io.columns() : Infinity, color)
    if (!(await printed(io, `${text}\n`)) || --left <= 0) {
      ended.abort()
      break
    }
  }
  if (!signal.aborted) io.err('The collector has ended.\n')
}
