/**
 * Changes the attributes of log records, spans and data points by a list of actions, as the OpenTelemetry Collector's
 * processor of this name does. Records that are not included, or that no action changes, are handed on as the bytes they
 * came in.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, Infer, JsonSchema, MetricDraft } from 'seneca-collector'
import { actionProblems, actionsSchema, attributesOf, compileActions } from 'seneca-collector/attributes'
import { compileMatch, matchProblems, matchSchema } from './match.ts'

const schema = {
  type: 'object',
  required: ['actions'],
  properties: {
    actions: { ...actionsSchema, description: 'What is done, in order.' },
    include: { ...matchSchema, description: 'Only these records are changed.' },
    exclude: { ...matchSchema, description: 'These records are not changed, also when they are included.' },
  },
} as const satisfies JsonSchema

const own = attributesOf(['attributes'])

export default definePlugin({
  kind: 'processor',
  type: 'attributes',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Changes the attributes of log records, spans and data points by a list of actions.',
  schema,
  examples: [
    {
      title: 'Set, rename, remove, hash',
      yaml: `actions:
  - { key: deployment.environment.name, action: insert, value: production }
  - { key: user.id, action: upsert, from_attribute: enduser.id }
  - { key: enduser.id, action: delete }
  - { key: user.email, action: hash }`,
    },
    {
      title: 'Only some records, and parts of a text',
      yaml: `include:
  match_type: regexp
  resources: [{ key: service.name, value: '^marcus' }]
actions:
  - { key: url.full, action: extract, pattern: '^(?P<url_scheme>[^:]+)://(?P<url_host>[^/]+)' }`,
    },
  ],
  *check(config: Infer<typeof schema>, { pipelines }) {
    yield* actionProblems(config.actions, ['actions'])
    const signals = new Set(pipelines.map((id) => id.split('/', 1)[0]!))
    if (config.include) yield* matchProblems(config.include, signals, ['include'])
    if (config.exclude) yield* matchProblems(config.exclude, signals, ['exclude'])
  },
  create(ctx, config) {
    const applies = compileMatch(config.include, config.exclude)
    const act = compileActions(config.actions)
    const points = ({ dataPoints }: MetricDraft): void => {
      for (const point of dataPoints)
        act(own({ record: point.item, set: (at, value) => point.set(at, value), delete: (at) => point.delete(at) }))
    }
    return {
      async consume(batch, signal) {
        const changed =
          batch.signal === 'metrics'
            ? (batch as Batch<'metrics'>).edit((draft) => void (applies(draft.record) && points(draft)))
            : (batch as Batch<'logs' | 'traces'>).edit((draft) => void (applies(draft.record) && act(own(draft))))
        await ctx.next(changed, signal)
      },
    }
  },
})
