/** `query`: events of the store that fit, the last first asked for and shown in the order they happened. */
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { eventsOf, filterOptions, questionOf, type Stored } from './history/events.ts'
import { storeOptions, withStore } from './history/store.ts'
import { defineVerb, jsonOption } from './verb.ts'
import { eventLine } from './view/event-line.ts'
import { paint, plain } from './view/paint.ts'

const LIMIT_DEFAULT = 100

export const verb = defineVerb({
  name: 'query',
  summary: 'Find events in the event store.',
  operands: [
    { name: '[pattern...]', description: "topics or types: task.completed, 'agent.*'; all when none is given" },
  ],
  options: {
    ...filterOptions,
    limit: { type: 'number', short: 'n', value: 'count', description: `the last so many (${LIMIT_DEFAULT})` },
    first: { type: 'boolean', description: 'the first ones instead of the last' },
    ids: { type: 'boolean', description: 'show the id of each event too' },
    ...storeOptions,
    ...jsonOption,
  },
  examples: [
    ["query 'task.*' --since 1h", 'what happened to tasks in the last hour'],
    ['query agent.silent --agent agent-dimi', 'when it was silent'],
    ['query --where \'data["progress"] > 50\' --json', 'one JSON envelope a line'],
  ],
  async run({ operands, options }, io) {
    const limit = options.limit ?? LIMIT_DEFAULT
    if (!(limit >= 1)) throw new CollectorError('usage', '--limit must be 1 or more')
    const question = { ...questionOf(operands, options, Date.now()), ...(!options.first && { descending: 'true' }) }
    const found: Stored[] = []
    await withStore(options, io, async (store) => {
      for await (const stored of eventsOf(store, question, limit)) found.push(stored)
    })
    const columns = io.terminal && io.columns() > 0 ? io.columns() : Infinity
    const ordered = options.first ? found : found.toReversed()
    for (const { id, event, isDamaged, line: stored } of ordered) {
      if (options.json && isDamaged) continue
      const named = options.ids ? `${plain(id)}  ` : ''
      const line = options.json ? stored : named + eventLine(event, { columns, paint: paint(io.color) })
      await io.out(`${line}\n`)
    }
    const damaged = options.json ? ordered.filter(({ isDamaged }) => isDamaged).length : 0
    if (damaged > 0)
      io.err(`${damaged} events are damaged where they are stored and were left out; see: audit verify\n`)
    if (found.length === 0 && !options.json) io.err('No event fits.\n')
    return exitCode('ok')
  },
})
