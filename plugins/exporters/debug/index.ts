/** Shows what arrives in the collector's own log. Best effort: nothing ever waits for it. */
import { definePlugin, type Batch, type JsonSchema } from 'seneca-collector'
import { inFull, inOneLine } from './describe.ts'
import { metricInFull, metricInOneLine } from './describe-metric.ts'
import { spanInFull, spanInOneLine } from './describe-span.ts'

const schema = {
  type: 'object',
  properties: {
    verbosity: {
      type: 'string',
      enum: ['basic', 'normal', 'detailed'],
      default: 'basic',
      description: 'A count per batch, a line per record, or everything.',
    },
    sampling_initial: {
      type: 'integer',
      minimum: 0,
      default: 2,
      description: 'Batches shown in each second before sampling begins.',
    },
    sampling_thereafter: {
      type: 'integer',
      minimum: 0,
      default: 1,
      description: 'Of the batches after those, every how many-th is shown; 0 shows none.',
    },
  },
} as const satisfies JsonSchema

const SECOND_MS = 1000

const linesOf = (batch: Batch, isFull: boolean): string[] => {
  if (batch.signal === 'logs') return [...(batch as Batch<'logs'>)].map(isFull ? inFull : inOneLine)
  if (batch.signal === 'metrics') return [...(batch as Batch<'metrics'>)].map(isFull ? metricInFull : metricInOneLine)
  return [...(batch as Batch<'traces'>)].map(isFull ? spanInFull : spanInOneLine)
}

const sizeOf = ({ signal, count, points, bytes }: Batch): string => {
  if (signal === 'metrics') return `${count} metrics, ${points} data points, ${bytes} bytes`
  return `${count} ${signal === 'traces' ? 'spans' : 'records'}, ${bytes} bytes`
}

export default definePlugin({
  kind: 'exporter',
  type: 'debug',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'stable',
  summary: "Shows what arrives in the collector's own log.",
  schema,
  examples: [
    { title: 'a count per batch', yaml: 'verbosity: basic' },
    {
      title: 'everything, of a few batches',
      yaml: 'verbosity: detailed\nsampling_initial: 1\nsampling_thereafter: 100',
    },
  ],
  delivery: 'best_effort',
  create(ctx, config) {
    let second = Number.NaN
    let seen = 0

    const sampled = (): boolean => {
      const now = Math.floor(ctx.clock.now() / SECOND_MS)
      if (now !== second) seen = 0
      second = now
      seen++
      if (seen <= config.sampling_initial) return true
      return config.sampling_thereafter > 0 && (seen - config.sampling_initial) % config.sampling_thereafter === 0
    }

    const words = (batch: Batch): string => {
      if (config.verbosity === 'basic') return ''
      return `\n${linesOf(batch, config.verbosity === 'detailed').join('\n')}`
    }

    return {
      consume(batch) {
        if (sampled()) ctx.log.info(`${batch.signal}: ${sizeOf(batch)}${words(batch)}`)
      },
    }
  },
})
