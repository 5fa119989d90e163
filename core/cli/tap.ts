/**
 * `tap`: events of a running collector as they pass, through the control socket. It changes no configuration and holds
 * nothing up; what a slow reader misses is said in the stream.
 */
import { controlClient } from '../control/client.ts'
import { dataDirectoryOf } from '../control/data-directory.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { dataDirOption, defineVerb, jsonOption, type Io } from './verb.ts'
import { eventLine, type ShownEvent } from './view/event-line.ts'
import { paint, type Paint } from './view/paint.ts'

const GAP = 'seneca.tap.gap'

/** One envelope line as a person reads it; what is no JSON is shown as it came. */
export const readable = (line: string, columns: number, color: Paint): string => {
  let event: ShownEvent
  try {
    event = JSON.parse(line) as ShownEvent
  } catch {
    return line
  }
  if (event.type !== GAP) return eventLine(event, { columns, paint: color })
  const { missed } = event.data as { readonly missed: number }
  return color('yellow', `… ${missed} records went by unseen: this terminal is slower than they are`)
}

const pathOf = (patterns: readonly string[], at: readonly string[]): string => {
  const query = new URLSearchParams()
  for (const pattern of patterns) query.append('pattern', pattern)
  for (const place of at) query.append('at', place)
  return query.size === 0 ? '/tap' : `/tap?${query.toString()}`
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

export const verb = defineVerb({
  name: 'tap',
  summary: 'Show events of the running collector as they pass.',
  operands: [
    {
      name: '[pattern...]',
      description: "topics or types: task.completed, 'agent.*', '>'; all of them when none is given",
    },
  ],
  options: {
    at: {
      type: 'strings',
      value: 'place',
      description: 'where to look: receiver, pipeline (the default) or exporter, also with an id: exporter/file',
    },
    limit: { type: 'number', short: 'n', value: 'count', description: 'end after so many events' },
    since: { type: 'string', value: 'time', description: 'also what happened before (needs an event store)' },
    ...jsonOption,
    ...dataDirOption,
  },
  examples: [
    ["tap 'task.*'", 'what happens to tasks'],
    ['tap agent.silent task.blocked', 'who is stuck, as it happens'],
    ["tap --json 'agent.*' | jq .data", 'for programs: one JSON envelope a line'],
    ['tap --at exporter/file', 'what is handed to one exporter'],
  ],
  async run({ operands, options }, io) {
    if (options.since !== undefined) {
      throw new CollectorError(
        'usage',
        '--since needs an event store, which this collector does not have; the file exporter keeps a history that can be read with jq',
      )
    }
    if (options.limit !== undefined && !(options.limit >= 1)) {
      throw new CollectorError('usage', '--limit must be 1 or more')
    }
    const directory = dataDirectoryOf(options['data-dir'], io)
    const color = paint(io.color)
    const ended = new AbortController()
    const signal = AbortSignal.any([io.signal, ended.signal])
    let left = options.limit ?? Infinity
    for await (const line of controlClient(directory).lines(pathOf(operands, options.at), signal)) {
      const text = options.json
        ? line
        : readable(line, io.terminal && io.columns() > 0 ? io.columns() : Infinity, color)
      if (!(await printed(io, `${text}\n`)) || --left <= 0) {
        ended.abort()
        break
      }
    }
    if (!signal.aborted) io.err('The collector has ended.\n')
    return exitCode('ok')
  },
})
