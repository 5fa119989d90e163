/**
 * `follow`: all that names one thing — a task, an agent, a project, an event, a conversation — from the first event that is
 * stored on, and then as it happens.
 */
import { controlClient, dataDirectoryOf } from '../control/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { storeOptions } from './history/store.ts'
import { storedThenLive } from './history/then-live.ts'
import { parseWhen } from './history/when.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'
import { isGap, showLines } from './view/show-lines.ts'

/** The id is a value somewhere in it, not a piece of one. */
const names = (value: unknown, id: string): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some((inner) => names(inner, id))
    : String(value) === id

async function* naming(id: string, lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    const event: unknown = JSON.parse(line)
    // What went by unseen may have named it.
    if (isGap(event) || names(event, id)) yield line
  }
}

export const verb = defineVerb({
  name: 'follow',
  summary: 'Follow one task, agent, project or event: what happened to it, then what happens.',
  operands: [{ name: '<id>', description: 'the id as events name it; query --json and now --json show them' }],
  options: {
    since: { type: 'string', value: 'time', description: 'what is stored only since then: 1h (ago), 17:52 (today)' },
    'live-only': { type: 'boolean', description: 'only what comes; needs no event store' },
    limit: { type: 'number', short: 'n', value: 'count', description: 'end after so many events' },
    store: storeOptions.store,
    ...jsonOption,
    ...dataDirOption,
  },
  examples: [
    ['follow agent-ana', 'all that an agent did, and does'],
    ['follow 1f3a --json', 'a task, for programs: one JSON envelope a line'],
    ['follow 1f3a --live-only', 'from now on'],
  ],
  async run({ operands: [id = ''], options }, io) {
    if (id === '')
      throw new CollectorError('usage', 'name what is to be followed: the id of a task, an agent, an event')
    if (options.limit !== undefined && !(options.limit >= 1))
      throw new CollectorError('usage', '--limit must be 1 or more')
    const client = controlClient(dataDirectoryOf(options['data-dir'], io))
    const question = {
      text: id,
      since: options.since === undefined ? undefined : String(parseWhen(options.since, Date.now())),
    }
    const open = (signal: AbortSignal): AsyncIterable<string> => {
      const live = client.lines('/tap', signal)
      return naming(id, options['live-only'] ? live : storedThenLive({ ...options, question, live }, io))
    }
    await showLines(open, options, io)
    return exitCode('ok')
  },
})
