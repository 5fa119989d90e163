import { controlClient, dataDirectoryOf, toJson, type CollectorInfo } from '../control/index.ts'
import type { ComponentStatus } from '../engine/types.ts'
import { exitCode } from './exit-codes.ts'
import { table } from './table.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'

interface StatusAnswer extends CollectorInfo {
  readonly state: string
  readonly configuration_hash?: string
  readonly generation: number
  readonly configured_at: string
  readonly components: readonly ComponentStatus[]
}

const HOUR = 3_600_000

export const ago = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (ms < 2 * HOUR) return `${Math.round(seconds / 60)} min`
  if (ms < 48 * HOUR) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / HOUR / 24)} days`
}

/** Details are a component's own words; flat ones are shown, the rest is for `--json`. */
const detailsOf = (details: unknown): string => {
  if (typeof details !== 'object' || details === null) return typeof details === 'string' ? details : ''
  return Object.entries(details)
    .filter(([, value]) => value === null || ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key}=${/\s/.test(String(value)) ? JSON.stringify(value) : String(value)}`)
    .join(' ')
}

export const verb = defineVerb({
  name: 'status',
  summary: 'Show the running collector and the state of each component, with the reason when one is not well.',
  options: { ...dataDirOption, ...jsonOption },
  examples: [['status', 'of the collector whose data directory is .seneca here']],
  async run({ options }, io) {
    const answer = (await controlClient(dataDirectoryOf(options['data-dir'], io)).get('/status')) as StatusAnswer
    if (options.json) {
      await io.out(`${toJson(answer, 2)}\n`)
      return exitCode('ok')
    }
    const { state, pid, version, started_at, configuration, data_directory, components } = answer
    const { configuration_hash: hash, generation, configured_at } = answer
    const now = Date.now()
    await io.out(`seneca-collector ${version} is ${state}: process ${pid}, for ${ago(now - Date.parse(started_at))}\n`)
    const known = hash === undefined ? '' : ` ${hash}`
    const count =
      generation === 1 ? '' : `, the ${generation}. of this process, for ${ago(now - Date.parse(configured_at))}`
    await io.out(`configuration ${configuration.join(' + ')}${known}${count}\ndata in ${data_directory}\n\n`)
    const rows = components.map((one) => [
      one.kind,
      one.id,
      one.state,
      ago(now - one.since),
      [
        one.breaker === undefined ? '' : `breaker ${one.breaker.replace('_', '-')}`,
        one.reason ?? '',
        detailsOf(one.details),
      ]
        .filter((text) => text !== '')
        .join(' · '),
    ])
    await io.out(table(['KIND', 'COMPONENT', 'STATE', 'FOR', ''], rows))
    return exitCode('ok')
  },
})
