import type { CheckInfo, ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { endpointProblems, tlsServerProblems, tlsServerSchema } from 'seneca-collector/http'
import { labelName } from 'seneca-collector/prometheus'

export const schema = {
  type: 'object',
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      description: 'Address to listen on, e.g. `localhost:8889`; metrics are at `/metrics`.',
      examples: ['localhost:8889'],
    },
    tls: tlsServerSchema,
    namespace: { type: 'string', default: '', description: 'Comes before every metric’s name.' },
    const_labels: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Labels of every series.',
    },
    send_timestamps: {
      type: 'boolean',
      default: false,
      description: 'Give the time of each data point; else Prometheus takes the time it asked.',
    },
    metric_expiration: {
      type: 'string',
      format: 'duration',
      default: '5m',
      description: 'A series that nobody updated for this long is shown no more; 0 = shown for ever.',
    },
    resource_to_telemetry_conversion: {
      type: 'object',
      default: {},
      description: 'Resource attributes as labels of every series.',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'Do that.' },
        exclude_service_attributes: {
          type: 'boolean',
          default: false,
          description:
            'But not `service.name`, `.namespace` and `.instance.id`, which `job` and `instance` say already.',
        },
      },
    },
    enable_open_metrics: {
      type: 'boolean',
      default: false,
      description: 'Answer OpenMetrics, with exemplars, to those who take it.',
    },
    without_scope_info: {
      type: 'boolean',
      default: false,
      description: 'Leave out the labels `otel_scope_name`, `otel_scope_version` and the like.',
    },
    add_metric_suffixes: {
      type: 'boolean',
      default: true,
      description: 'Make unit and type part of the name: `_seconds`, `_total`.',
    },
    translation_strategy: {
      enum: ['UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes'],
      description: 'The same in the Collector’s newer words; wins over `add_metric_suffixes`.',
    },
    max_series: {
      type: 'integer',
      minimum: 1,
      default: 1_000_000,
      description: 'Series kept at most; further ones are dropped and counted.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

/** Reachable from elsewhere is how Prometheus is used, so it is a warning here and no error. */
export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* tlsServerProblems(config.tls, info.folder)
  for (const problem of endpointProblems({ endpoint: config.endpoint, hasAuth: false, insecure: false })) {
    if (problem.suggestion === undefined) yield problem
    else {
      yield {
        path: problem.path,
        severity: 'warning',
        message: `"${config.endpoint}" can be reached from other machines, and anybody there can read every metric`,
        suggestion: 'listen on localhost, or ask for client certificates with tls.client_ca_file',
      }
    }
  }
  for (const name of Object.keys(config.const_labels))
    if (labelName(name) === '') yield { path: ['const_labels', name], message: `"${name}" is no label name` }
}

export const hasSuffixes = ({ translation_strategy: strategy, add_metric_suffixes: suffixes }: Config): boolean =>
  strategy === undefined ? suffixes : strategy === 'UnderscoreEscapingWithSuffixes'
