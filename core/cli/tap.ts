/**
 * `tap`: events of a running collector as they pass, through the control socket. It changes no configuration and holds
 * nothing up; what a slow reader misses is said in the stream.
 */
import { controlClient, dataDirectoryOf } from '../control/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { storeOptions } from './history/store.ts'
import { storedThenLive } from './history/then-live.ts'
import { parseWhen } from './history/when.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'
import { showLines } from './view/show-lines.ts'

const pathOf = (patterns: readonly string[], at: readonly string[]): string => {
  const query = new URLSearchParams()
  for (const pattern of patterns) query.append('pattern', pattern)
  for (const place of at) query.append('at', place)
  return query.size === 0 ? '/tap' : `/tap?${query.toString()}`
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
    const client = controlClient(dataDirectoryOf(options['data-dir'], io))
    const open = (signal: AbortSignal): AsyncIterable<string> => {
      const live = client.lines(pathOf(operands, options.at), signal)
      if (options.since === undefined) return live
      const since = String(parseWhen(options.since, Date.now()))
      const question = { pattern: operands.length === 0 ? undefined : operands.join(','), since }
      return storedThenLive({ ...options, question, live }, io)
    }
    await showLines(open, options, io)
    return exitCode('ok')
  },
})
