import type { CheckInfo, ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { clientProblems, clientProperties, urlProblems } from 'seneca-collector/http'
import { labelName } from 'seneca-collector/prometheus'

const enabled = (value: boolean, description: string) =>
  ({
    type: 'object',
    default: {},
    description,
    properties: { enabled: { type: 'boolean', default: value, description: 'Do that.' } },
  }) as const

export const schema = {
  type: 'object',
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      description: 'URL that takes remote write, e.g. `http://localhost:9090/api/v1/write`.',
      examples: ['http://localhost:9090/api/v1/write'],
    },
    namespace: { type: 'string', default: '', description: 'Comes before every metric’s name.' },
    external_labels: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Labels of every series, e.g. which collector sent it.',
    },
    add_metric_suffixes: {
      type: 'boolean',
      default: true,
      description: 'Make unit and type part of the name: `_seconds`, `_total`.',
    },
    resource_to_telemetry_conversion: enabled(false, 'Resource attributes as labels of every series.'),
    target_info: enabled(true, 'A series `target_info` with the attributes of each resource.'),
    disable_scope_info: {
      type: 'boolean',
      default: false,
      description: 'Leave out the labels `otel_scope_name`, `otel_scope_version` and the like.',
    },
    send_metadata: {
      type: 'boolean',
      default: false,
      description: 'Send type, unit and description of metrics too.',
    },
    max_batch_size_bytes: {
      type: 'integer',
      minimum: 1,
      default: 3_000_000,
      description: 'A batch is sent in several requests when it is larger than this, before compression.',
    },
    max_series: {
      type: 'integer',
      minimum: 1,
      default: 1_000_000,
      description: 'Series of delta metrics that are added up at most; further ones are dropped and counted.',
    },
    ...clientProperties,
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* clientProblems(config, info)
  yield* urlProblems('endpoint', config.endpoint)
  for (const name of Object.keys(config.external_labels))
    if (labelName(name) === '') yield { path: ['external_labels', name], message: `"${name}" is no label name` }
}
