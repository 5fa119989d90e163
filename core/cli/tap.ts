/**
 * `tap`: events of a running collector as they pass, through the control socket. It changes no configuration and holds
 * nothing up; what a slow reader misses is said in the stream.
 */
import { controlClient } from '../control/client.ts'
import { dataDirectoryOf } from '../control/data-directory.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { allOf } from './history/events.ts'
import { storeOptions, withStore } from './history/store.ts'
import { parseWhen } from './history/when.ts'
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

interface SinceArguments {
  readonly since: string | undefined
  readonly store: string | undefined
  readonly 'data-dir': string | undefined
}

/** What is stored, then what comes; listening begins first, and what is in both is shown once. */
async function* sinceThenLive(
  patterns: readonly string[],
  { since = '', store: id, 'data-dir': dataDir }: SinceArguments,
  io: Io,
  live: AsyncGenerator<string>,
): AsyncGenerator<string> {
  const first = live.next()
  // Whoever cannot have the history does not wait for what comes.
  first.catch(() => {})
  const args = { store: id, 'data-dir': dataDir, config: [], set: [], 'allow-unset': false }
  const question = {
    pattern: patterns.length === 0 ? undefined : patterns.join(','),
    since: String(parseWhen(since, Date.now())),
  }
  const stored = await withStore(args, io, (store) => allOf(store, question))
  const seen = new Set(stored.map(({ event }) => event.id))
  for (const { line } of stored) yield line
  const isNew = (line: string): boolean => !seen.delete((JSON.parse(line) as { readonly id: string }).id)
  for (let next = await first; next.done !== true; next = await live.next()) if (isNew(next.value)) yield next.value
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
    since: {
      type: 'string',
      value: 'time',
      description: 'what happened since then first: 10m (ago), 17:52 (today); needs an event store',
    },
    store: storeOptions.store,
    ...jsonOption,
    ...dataDirOption,
  },
  examples: [
    ["tap 'task.*'", 'what happens to tasks'],
    ['tap agent.silent task.blocked', 'who is stuck, as it happens'],
    ["tap --json 'agent.*' | jq .data", 'for programs: one JSON envelope a line'],
    ['tap --at exporter/file', 'what is handed to one exporter'],
    ['tap agent.status.changed --since 10m', 'who changed lately, and who does now'],
  ],
  async run({ operands, options }, io) {
    if (options.limit !== undefined && !(options.limit >= 1)) {
      throw new CollectorError('usage', '--limit must be 1 or more')
    }
    const directory = dataDirectoryOf(options['data-dir'], io)
    const color = paint(io.color)
    const ended = new AbortController()
    const signal = AbortSignal.any([io.signal, ended.signal])
    let left = options.limit ?? Infinity
    const live = controlClient(directory).lines(pathOf(operands, options.at), signal)
    const lines = options.since === undefined ? live : sinceThenLive(operands, options, io, live)
    for await (const line of lines) {
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
