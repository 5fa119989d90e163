import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CollectorError, definePlugin } from 'seneca-collector'

export default definePlugin({
  kind: 'exporter',
  type: 'troubled',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Appends envelopes to a file, slowly, after failures, or not at all.',
  schema: {
    type: 'object',
    required: ['path'],
    properties: {
      path: { type: 'string', description: 'The file.' },
      delay: { type: 'string', format: 'duration', default: '0s', description: 'Before each batch.' },
      failures: { type: 'integer', default: 0, description: 'So many attempts fail first.' },
      refuses: { type: 'boolean', default: false, description: 'Every batch is refused for good.' },
    },
  },
  examples: [{ title: 'slow', yaml: 'path: slow.jsonl\ndelay: 10ms' }],
  create(ctx, config) {
    let failures = config.failures
    return {
      async consume(batch, signal) {
        await ctx.clock.sleep(config.delay, signal)
        if (config.refuses) {
          await appendFile(join(ctx.folder, config.path), `refused ${batch.count}\n`)
          throw new CollectorError('invalid_data', 'refused', { retryable: false })
        }
        if (failures-- > 0) throw new CollectorError('unavailable', 'not yet', { retryable: true })
        await appendFile(join(ctx.folder, config.path), Buffer.concat(batch.encode('envelope')))
      },
    }
  },
})
