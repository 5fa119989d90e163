/**
 * A terminal with a stream above and a picture below that is redrawn in place. On anything but a terminal the stream is
 * plain lines and the picture is printed now and then, when it has changed. The picture never fills the whole screen.
 */
import { columnsOf } from './paint.ts'

export interface LiveScreen {
  /** One more line of the stream. */
  line(text: string): void
  /** What stands below from now on. */
  picture(lines: readonly string[]): void
  /** Writes what is pending; on a terminal the last picture stays where it is. */
  end(): void
}

export interface LiveScreenOptions {
  readonly write: (text: string) => void
  readonly terminal: boolean
  readonly columns: () => number
  readonly rows: () => number
  /** Without a terminal: print the picture each so many calls of `picture`. */
  readonly every?: number
}

const UP_AND_CLEAR = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}F\u001b[0J`)
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** So many lines of the stream stay in sight above the picture. */
const STREAM_ROWS_LEAST = 4

export const liveScreen = ({ write, terminal, columns, rows, every = 10 }: LiveScreenOptions): LiveScreen => {
  let shown: readonly string[] = []
  let drawn = 0
  let pictures = 0
  let printed = ''

  const draw = (above: string): void => {
    const room = Math.max(0, rows() - STREAM_ROWS_LEAST)
    const lines = shown.slice(0, room)
    const wide = columns()
    write(`${HIDE_CURSOR}${UP_AND_CLEAR(drawn)}${above}${lines.map((line) => `${line}\n`).join('')}${SHOW_CURSOR}`)
    drawn = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / wide)), 0)
  }

  return {
    line: (text) => (terminal ? draw(`${text}\n`) : write(`${text}\n`)),
    picture: (lines) => {
      shown = lines
      if (terminal) return draw('')
      const text = lines.join('\n')
      if (++pictures % every !== 0 || text === printed) return
      printed = text
      write(`\n${text}\n\n`)
    },
    end: () => {
      if (terminal) write(SHOW_CURSOR)
      drawn = 0
    },
  }
}
