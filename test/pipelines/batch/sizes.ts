import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definePlugin } from 'seneca-collector'

export default definePlugin({
  kind: 'exporter',
  type: 'sizes',
  signals: ['logs'],
  stability: 'experimental',
  summary: 'Writes down how many records each batch has.',
  schema: {
    type: 'object',
    required: ['path'],
    properties: { path: { type: 'string', description: 'The file.' } },
  },
  examples: [{ title: 'here', yaml: 'path: sizes.txt' }],
  create: (ctx, config) => ({
    consume: (batch) => appendFile(join(ctx.folder, config.path), `${batch.count}\n`),
  }),
})
