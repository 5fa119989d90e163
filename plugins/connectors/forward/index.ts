/** Joins pipelines: what one hands to it, the others that name it get, as it came. */
import { definePlugin } from 'seneca-collector'
import type { JsonSchema } from 'seneca-collector'

const schema = { type: 'object', properties: {} } as const satisfies JsonSchema

export default definePlugin({
  kind: 'connector',
  type: 'forward',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'stable',
  summary: 'Hands what one pipeline gives it to the others that name it.',
  schema,
  examples: [{ title: 'It has no options', yaml: '{}' }],
  create: (ctx) => ({
    async consume(batch, signal) {
      await ctx.next(batch, signal)
    },
  }),
})
