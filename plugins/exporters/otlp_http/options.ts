import type { Infer, JsonSchema } from 'seneca-collector'
import { compressions, tlsSchema } from 'seneca-collector/http'

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      description: 'Base URL of the server, e.g. `http://localhost:4318`; `/v1/logs` is added.',
    },
    logs_endpoint: { type: 'string', description: 'Full URL for logs, instead of `endpoint`.' },
    metrics_endpoint: { type: 'string', description: 'Full URL for metrics; accepted, logs alone are sent yet.' },
    traces_endpoint: { type: 'string', description: 'Full URL for traces; accepted, logs alone are sent yet.' },
    encoding: { enum: ['proto', 'json'], default: 'proto', description: 'Body of the requests.' },
    compression: { enum: compressions, default: 'gzip', description: 'Compression of the requests.' },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', secret: true },
      default: {},
      description: 'Headers of every request, e.g. an API key. Never printed.',
    },
    tls: tlsSchema,
    max_conns_per_host: { type: 'integer', minimum: 0, default: 0, description: 'Connections at a time; 0 = 16.' },
    proxy_url: {
      type: 'string',
      description: 'Proxy of the requests; else HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.',
    },
    mirror_event_name: {
      type: 'boolean',
      default: true,
      description:
        'Write an event’s name into the attribute `event.name` too: several stores drop the field of its own.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

/** The URL logs are posted to; undefined when none is given. */
export const logsUrl = (config: Pick<Config, 'endpoint' | 'logs_endpoint'>): string | undefined =>
  config.logs_endpoint ?? (config.endpoint === undefined ? undefined : `${config.endpoint.replace(/\/+$/, '')}/v1/logs`)
