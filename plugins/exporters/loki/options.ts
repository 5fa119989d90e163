import type { CheckInfo, ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { clientProblems, clientProperties, urlProblems } from 'seneca-collector/http'
import { labelName } from 'seneca-collector/prometheus'

const PUSH = '/loki/api/v1/push'

/** What tells one sender from another and has few values; Loki keeps an index per combination. */
const RESOURCE_LABELS = [
  'service.name',
  'service.namespace',
  'deployment.environment.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
]

const names = (description: string, value: readonly string[]) =>
  ({ type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true, default: value, description }) as const

export const schema = {
  type: 'object',
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      description: `URL of the push API, e.g. \`http://localhost:3100\`; \`${PUSH}\` is added where no path is given.`,
    },
    encoding: {
      enum: ['json', 'proto'],
      default: 'json',
      description: 'Body of the requests; `proto` is compressed with snappy, as Loki demands.',
    },
    compression: { enum: ['gzip', 'none'], default: 'gzip', description: 'Compression of JSON.' },
    tenant_id: { type: 'string', minLength: 1, description: 'Tenant of a shared Loki: the header X-Scope-OrgID.' },
    labels: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: {},
      description: 'Labels of every stream, e.g. `cluster: home`.',
    },
    resource_labels: names('Resource attributes that become labels, where they are there.', RESOURCE_LABELS),
    attribute_labels: names('Attributes of records that become labels. Few values only: never ids.', []),
    structured_metadata: {
      type: 'boolean',
      default: true,
      description:
        'Send everything else beside the line: attributes, severity, trace and span id. Needs Loki 3, or 2.9 told so.',
    },
    line: {
      enum: ['text', 'envelope'],
      default: 'text',
      description: 'The line: the body (a record without one is its envelope), or always the envelope.',
    },
    ...clientProperties,
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

export const urlOf = (endpoint: string): URL => {
  const url = new URL(endpoint)
  if (url.pathname === '/') url.pathname = PUSH
  return url
}

export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* clientProblems(config, info)
  yield* urlProblems('endpoint', config.endpoint)
  for (const name of Object.keys(config.labels)) {
    if (labelName(name) === name && name !== '') continue
    yield {
      path: ['labels', name],
      message: `"${name}" is no label name`,
      suggestion: labelName(name) || 'use letters',
    }
  }
}
