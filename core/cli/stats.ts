import { controlClient, dataDirectoryOf, toJson } from '../control/index.ts'
import type { PipelineBalance, StepStats } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { table } from './table.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'

interface StatsAnswer {
  readonly steps: readonly StepStats[]
  readonly balance: readonly PipelineBalance[]
  readonly process: { readonly cpu_seconds: number; readonly rss_bytes: number; readonly uptime_seconds: number }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

const reasons = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')

const balanceRows = (balance: readonly PipelineBalance[]) =>
  balance.map((one) => [
    one.pipeline,
    one.received,
    one.delivered,
    sum(one.filtered),
    one.deadLettered,
    sum(one.dropped),
    one.held,
    one.queued + one.inFlight,
    one.balanced ? 'balanced' : 'NOT BALANCED',
    [reasons(one.filtered), reasons(one.dropped)].filter((text) => text !== '').join('; '),
  ])

const stepRows = (steps: readonly StepStats[]) =>
  steps.map((step) => [
    step.pipeline,
    `${step.kind}/${step.component}`,
    step.recordsIn,
    step.recordsOut,
    step.errors,
    step.seconds.toFixed(3),
    step.recordsIn === 0 ? '' : ((step.seconds / step.recordsIn) * 1e6).toFixed(1),
    [
      step.queueSize === undefined ? '' : `${step.queueSize}/${step.queueCapacity ?? '?'}`,
      step.queueStored === undefined ? '' : `${step.queueStored} records on disk`,
      step.breaker === undefined ? '' : `breaker ${step.breaker.replace('_', '-')}`,
    ]
      .filter((text) => text !== '')
      .join(' · '),
  ])

export const verb = defineVerb({
  name: 'stats',
  summary: 'Show what came in and what became of it, each step with its records, errors, time and queue.',
  options: {
    ...dataDirOption,
    ...jsonOption,
    top: { type: 'number', value: 'n', description: 'only the n steps that took the most time' },
  },
  examples: [
    ['stats', 'the balance of each pipeline and all steps'],
    ['stats --top 3', 'where the time goes'],
  ],
  async run({ options }, io) {
    if (options.top !== undefined && !(Number.isInteger(options.top) && options.top > 0)) {
      throw new CollectorError('usage', `--top expects a whole number above 0, got ${options.top}`)
    }
    const answer = (await controlClient(dataDirectoryOf(options['data-dir'], io)).get('/stats')) as StatsAnswer
    const byTime = answer.steps.toSorted((a, b) => b.seconds - a.seconds)
    const steps = options.top === undefined ? answer.steps : byTime.slice(0, options.top)
    if (options.json) {
      await io.out(`${toJson({ ...answer, steps }, 2)}\n`)
      return exitCode('ok')
    }
    const { cpu_seconds, rss_bytes, uptime_seconds } = answer.process
    await io.out(
      table(
        ['PIPELINE', 'RECEIVED', 'DELIVERED', 'FILTERED', 'DEAD', 'DROPPED', 'HELD', 'WAITING', '', ''],
        balanceRows(answer.balance),
      ),
    )
    await io.out('\n')
    await io.out(table(['PIPELINE', 'STEP', 'IN', 'OUT', 'ERRORS', 'SECONDS', 'µs/RECORD', 'QUEUE'], stepRows(steps)))
    await io.out(
      `\nprocess: ${cpu_seconds.toFixed(1)} s of CPU in ${Math.round(uptime_seconds)} s, ${Math.round(rss_bytes / 1e6)} MB\n`,
    )
    return exitCode('ok')
  },
})
