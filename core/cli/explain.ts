/** `explain`: why an event happened, or what became of a task, as an ordered chain with the time between. */
import { toJson } from '../control/json.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { dryRun, type Outcome } from './history/dry-run.ts'
import { storeOptions, withStore } from './history/store.ts'
import { whyEvent, whyTask, type Link } from './history/why.ts'
import { load } from './load.ts'
import { defineVerb, jsonOption, type Io } from './verb.ts'
import { duration, eventLine } from './view/event-line.ts'
import { paint } from './view/paint.ts'

const GAP_COLUMNS = 11
const NANOS_PER_SECOND = 1e9

const gapBefore = (link: Link, before: Link | undefined): string => {
  if (!before) return ''
  const seconds = Number(link.time - before.time) / NANOS_PER_SECOND
  return seconds < 0.5 ? '' : `+ ${duration(seconds)}`
}

const chainText = (chain: readonly Link[], io: Io): string => {
  const columns = io.terminal && io.columns() > 0 ? io.columns() - GAP_COLUMNS : Infinity
  const color = paint(io.color)
  return chain
    .map((link, i) => {
      const gap = gapBefore(link, chain[i - 1]).padStart(GAP_COLUMNS - 2)
      const role = link.role === 'self' ? '' : color('dim', `  (${link.role})`)
      return `${color('dim', gap)}  ${eventLine(link.event, { columns, paint: color })}${role}\n`
    })
    .join('')
}

const outcomeText = (outcomes: readonly Outcome[]): string =>
  outcomes
    .map(({ receiver, exporters, filtered }) => {
      const went = exporters.length === 0 ? 'reaches no exporter' : `reaches ${exporters.join(', ')}`
      const left = filtered.length === 0 ? '' : `; left out by ${filtered.join(', ')}`
      return `  from ${receiver}: ${went}${left}\n`
    })
    .join('')

export const verb = defineVerb({
  name: 'explain',
  summary: 'Tell why an event happened, or what became of a task, and what the pipelines make of it.',
  operands: [{ name: '<id>', description: 'the id of an event (query --ids shows them) or of a task' }],
  options: { ...storeOptions, ...jsonOption },
  examples: [
    ['explain 7c9e0b5f2d2f4c0c8f0f5a1d3b9e6a42', 'what led to an event, and which exporters get it'],
    ['explain 1f3a', 'the whole course of a task, with the gaps'],
  ],
  async run({ operands: [id = ''], options }, io) {
    const { chain, isEvent } = await withStore(options, io, async (store) => {
      const event = await whyEvent(store, id)
      return { chain: event ?? (await whyTask(store, id)), isEvent: event !== undefined }
    })
    if (!chain)
      throw new CollectorError(
        'not_found',
        `neither an event nor a task '${id}' is stored; find one with: seneca-collector query --ids`,
      )
    const self = chain.find(({ role }) => role === 'self')
    // Only a configuration at hand can be asked; the chain stands without it.
    const loaded = isEvent ? await load(options, io).catch(() => undefined) : undefined
    const outcomes = loaded?.config && self ? await dryRun(loaded.config, self.line) : []
    if (options.json) await io.out(`${toJson({ chain, pipelines: outcomes }, 2)}\n`)
    else {
      await io.out(chainText(chain, io))
      if (outcomes.length > 0) await io.out(`\nWith the configuration as it is, it\n${outcomeText(outcomes)}`)
    }
    return exitCode('ok')
  },
})
