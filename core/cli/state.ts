/** `state`: what agents, tasks and projects were like at a time, rebuilt from the events. */
import type { StateView } from '../history/index.ts'
import { exitCode } from './exit-codes.ts'
import { storeOptions, withStore } from './history/store.ts'
import { parseWhen } from './history/when.ts'
import { table } from './table.ts'
import { defineVerb, jsonOption } from './verb.ts'

const shown = ({ agents, tasks, projects }: StateView): string => {
  const parts = [
    Object.entries(projects).length === 0
      ? ''
      : table(
          ['PROJECT', 'DONE', 'TASKS', 'ACTIVE', 'ID'],
          Object.entries(projects).map(([id, each]) => [
            each.name,
            each.done,
            each.tasks,
            each.active ? 'yes' : '',
            id,
          ]),
        ),
    Object.entries(agents).length === 0
      ? ''
      : table(
          ['AGENT', 'STATUS', 'TASK', 'COMPLETED', 'LAST SEEN'],
          Object.entries(agents).map(([, each]) => [
            each.name,
            each.status,
            each.task === null ? '' : (tasks[each.task]?.name ?? each.task),
            each.completed,
            each.lastSeen,
          ]),
        ),
    Object.entries(tasks).length === 0
      ? ''
      : table(
          ['TASK', 'STATUS', 'PROGRESS', 'AGENT', 'ATTEMPTS', 'ID'],
          Object.entries(tasks).map(([id, each]) => [
            each.name,
            each.status,
            `${each.progress} %`,
            each.agent === null ? '' : (agents[each.agent]?.name ?? each.agent),
            each.attempts,
            id,
          ]),
        ),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

export const verb = defineVerb({
  name: 'state',
  summary: 'Show what agents, tasks and projects were like at a time, from the stored events.',
  options: {
    at: {
      type: 'string',
      value: 'time',
      description: '10m (ago), 17:52 (today), 2026-11-23T17:52:07Z; now when absent',
    },
    ...storeOptions,
    ...jsonOption,
  },
  examples: [
    ['state', 'now'],
    ['state --at 17:52', 'who had which task at eight to six, UTC'],
  ],
  async run({ options }, io) {
    const at = options.at === undefined ? undefined : String(parseWhen(options.at, Date.now()))
    const view = (await withStore(options, io, (store) => store.ask('state', { at }))) as StateView
    const text = options.json ? `${JSON.stringify(view, null, 2)}\n` : shown(view)
    await io.out(text === '' ? 'Nothing had happened by then.\n' : text)
    if (view.incomplete)
      io.err('Events from before have been evicted: what was overwritten since is not known, and is not shown.\n')
    return exitCode('ok')
  },
})
