/** `report patterns`: what a window of stored events has in common. */
import { didYouMean } from '../config/index.ts'
import { toJson } from '../control/json.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { filterOptions } from './history/events.ts'
import { storeOptions, withStore } from './history/store.ts'
import { readWindow } from './report/window.ts'
import { defineVerb, jsonOption } from './verb.ts'

const works = ['patterns']
const TOP_TEXT = 8
const TOP_JSON = 100
const { since, until, task, agent } = filterOptions

export const verb = defineVerb({
  name: 'report',
  summary:
    'Tell what stored events have in common: frequent types and sequences, failures, slow and stuck tasks, hours.',
  operands: [{ name: '<work>', description: 'patterns' }],
  options: {
    window: { type: 'string', value: 'length', description: 'how far back: 24h (the default), 90m, 7d' },
    since,
    until,
    task,
    agent,
    timezone: { type: 'string', value: 'name', description: 'whose hours: UTC (the default), local, Europe/Berlin' },
    top: {
      type: 'number',
      value: 'count',
      description: `the longest lists hold so many (${TOP_TEXT}; ${TOP_JSON} in JSON)`,
    },
    ...storeOptions,
    ...jsonOption,
  },
  examples: [
    ['report patterns --window 24h', 'the last day'],
    ['report patterns --since 17:00 --until 18:00 --timezone local', 'one hour of today'],
    ['report patterns --agent agent-dimi --json', 'of one agent, for programs'],
  ],
  async run({ operands: [work = ''], options }, io) {
    if (!works.includes(work)) {
      const hint = didYouMean(work, works) ?? `it does ${works.join(', ')}`
      throw new CollectorError('usage', `report does not '${work}'; ${hint}`)
    }
    const top = options.top ?? (options.json ? TOP_JSON : TOP_TEXT)
    if (!(top >= 1)) throw new CollectorError('usage', '--top must be 1 or more')
    const window = readWindow(options, Date.now())
    const { readEvents, whyEmpty } = await import('./report/stored-events.ts')
    const { patternsOf } = await import('../analysis/index.ts')
    const found = await withStore(options, io, async (store) => {
      const events = await readEvents(store, window, { task: options.task, agent: options.agent })
      const report = patternsOf(events, { ...window, top })
      return { report, empty: report.total_events === 0 ? await whyEmpty(store, window) : undefined }
    })
    const shown = { since: new Date(window.since).toISOString(), until: new Date(window.until).toISOString() }
    if (options.json) await io.out(`${toJson({ window: shown, ...found.report }, 2)}\n`)
    else if (found.empty === undefined) {
      const { patternsText } = await import('./view/patterns-text.ts')
      await io.out(patternsText(found.report, shown, top))
    } else io.err(`${found.empty}\n`)
    return exitCode('ok')
  },
})
