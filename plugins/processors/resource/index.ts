/**
 * Changes the attributes of resources by a list of actions, as the OpenTelemetry Collector's processor of this name does.
 * A batch whose resources are as the actions want them is handed on as the bytes it came in.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, Infer, JsonSchema } from 'seneca-collector'
import { actionProblems, actionsSchema, attributesOf, compileActions } from 'seneca-collector/attributes'

const schema = {
  type: 'object',
  required: ['attributes'],
  properties: { attributes: { ...actionsSchema, description: 'What is done, in order.' } },
} as const satisfies JsonSchema

const ofResource = attributesOf(['resource', 'attributes'])

export default definePlugin({
  kind: 'processor',
  type: 'resource',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Changes the attributes of resources by a list of actions.',
  schema,
  examples: [
    {
      title: 'Say where it comes from',
      yaml: `attributes:
  - { key: deployment.environment.name, action: upsert, value: production }
  - { key: host.name, action: delete }`,
    },
  ],
  *check(config: Infer<typeof schema>) {
    yield* actionProblems(config.attributes, ['attributes'])
  },
  create(ctx, config) {
    const act = compileActions(config.attributes)
    return {
      async consume(batch, signal) {
        await ctx.next(
          (batch as Batch<'logs'>).edit((draft) => act(ofResource(draft))),
          signal,
        )
      },
    }
  },
})
