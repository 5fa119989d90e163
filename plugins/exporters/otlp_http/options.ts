import type { Infer, JsonSchema, Signal } from 'seneca-collector'
import { clientProperties, compressionProperties } from 'seneca-collector/http'

export const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      description:
        'Base URL of the server, e.g. `http://localhost:4318`; `/v1/logs`, `/v1/metrics`, `/v1/traces` is added.',
    },
    logs_endpoint: { type: 'string', description: 'Full URL for logs, instead of `endpoint`.' },
    metrics_endpoint: { type: 'string', description: 'Full URL for metrics, instead of `endpoint`.' },
    traces_endpoint: { type: 'string', description: 'Full URL for traces, instead of `endpoint`.' },
    encoding: { enum: ['proto', 'json'], default: 'proto', description: 'Body of the requests.' },
    ...compressionProperties,
    ...clientProperties,
    mirror_event_name: {
      type: 'boolean',
      default: true,
      description:
        'Write an event’s name into the attribute `event.name` too: several stores drop the field of its own.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>

/** The URL a signal is posted to; undefined when none is given. */
export const urlOf = (config: Config, signal: Signal): string | undefined =>
  config[`${signal}_endpoint`] ??
  (config.endpoint === undefined ? undefined : `${config.endpoint.replace(/\/+$/, '')}/v1/${signal}`)
