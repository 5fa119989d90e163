import { controlClient, dataDirectoryOf, toJson, type ReloadAnswer } from '../control/index.ts'
import type { ReloadPlan } from '../engine/types.ts'
import { exitCode } from './exit-codes.ts'
import { table } from './table.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'

const rowsOf = ({ components }: ReloadPlan) =>
  components.map(({ kind, id, pipeline = '', fate, why, queued }) => [
    fate,
    `${kind}/${id}`,
    pipeline,
    queued === undefined ? '' : String(queued),
    why.join(', '),
  ])

const pipelinesOf = ({ pipelines }: ReloadPlan) =>
  pipelines.map(({ pipeline, fate, in_flight, queued, held, why }) => [
    pipeline,
    fate,
    in_flight,
    queued,
    held,
    why.join(', '),
  ])

const shown = ({ plan, problems, reason }: ReloadAnswer): string =>
  [
    problems === undefined ? '' : `${problems}\n\n`,
    reason === undefined ? '' : `${reason}\n`,
    plan === undefined ? '' : table(['', 'COMPONENT', 'PIPELINE', 'QUEUED', 'WHY'], rowsOf(plan)),
    plan === undefined ? '' : `\n${table(['PIPELINE', '', 'IN FLIGHT', 'QUEUED', 'HELD', 'WHY'], pipelinesOf(plan))}`,
    plan === undefined || plan.deferred.length === 0 ? '' : `\nwith the next start only: ${plan.deferred.join(', ')}\n`,
  ].join('')

export const verb = defineVerb({
  name: 'reload',
  summary: 'Let the running collector go on with its configuration as it is now; only what differs is replaced.',
  options: {
    ...dataDirOption,
    ...jsonOption,
    plan: { type: 'boolean', description: 'show what would become of each component, and do nothing' },
  },
  examples: [
    ['reload --plan', 'what would be kept, restarted, added and removed'],
    ['reload', 'the same as a SIGHUP, with an answer'],
  ],
  async run({ options }, io) {
    const client = controlClient(dataDirectoryOf(options['data-dir'], io))
    const answer = (await client.post(options.plan ? '/reload?plan=true' : '/reload')) as ReloadAnswer
    const good = answer.applied || (options.plan && answer.plan !== undefined)
    if (options.json) await io.out(`${toJson(answer, 2)}\n`)
    else if (good) {
      await io.out(shown(answer))
      if (answer.applied)
        await io.out(`\nrunning configuration ${answer.hash}, the ${answer.generation}. of this process\n`)
    } else io.err(shown(answer))
    return exitCode(good ? 'ok' : answer.problems === undefined ? 'failed' : 'config')
  },
})
