import type { Infer, JsonSchema } from 'seneca-collector'
import { tlsSchema } from 'seneca-collector/http'

export const schema = {
  type: 'object',
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      secret: true,
      description: 'Where to post. Taken as a secret, because the URLs of chat services are.',
    },
    method: { enum: ['POST', 'PUT', 'PATCH'], default: 'POST', description: 'HTTP method.' },
    template: {
      type: 'string',
      default: 'json',
      description:
        'The body: `json` (the envelope), `slack`, `alertmanager` (the body of its webhooks, version 4), `alertmanager_api` (for its `/api/v2/alerts`), or a text with places such as `{{ event.data.task_name }}`.',
    },
    content_type: {
      type: 'string',
      default: 'application/json',
      description: 'Content type of the body; values are escaped where it is JSON.',
    },
    condition: {
      type: 'string',
      description:
        'OTTL condition over the event; only what it is true for is sent, e.g. `event.metadata["severity"] == "critical"`.',
    },
    group: {
      type: 'boolean',
      default: false,
      description: 'One request for all events of a batch, instead of one each. Not for templates of your own.',
    },
    secret: {
      type: 'string',
      secret: true,
      description: 'Key that signs each request (Standard Webhooks); `whsec_…` is base64, anything else is text.',
    },
    previous_secret: { type: 'string', secret: true, description: 'A second key that signs too, while keys change.' },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', secret: true },
      default: {},
      description: 'Headers of every request. Never printed.',
    },
    tls: tlsSchema,
    proxy_url: {
      type: 'string',
      description: 'Proxy of the requests; else HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>
