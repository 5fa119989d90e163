import type { Infer, JsonSchema } from 'seneca-collector'
import { tlsSchema } from 'seneca-collector/http'

const credentials = {
  client_id: { type: 'string', description: 'OAuth client id.' },
  scope: { type: 'string', description: 'Scopes asked for, separated by spaces.' },
  issuer: {
    type: 'string',
    description: 'The authorization server these credentials are for; they are sent to no other.',
  },
} as const

const auth = {
  type: 'object',
  description: 'How the collector proves who it is, over HTTP: one of these.',
  properties: {
    token: { type: 'string', secret: true, description: 'A bearer token.' },
    token_file: {
      type: 'string',
      description: 'File with a bearer token; read anew for every request, so it may be replaced.',
    },
    client_credentials: {
      type: 'object',
      description: 'OAuth 2.1 with a client secret.',
      properties: {
        ...credentials,
        client_secret: { type: 'string', secret: true, description: 'OAuth client secret.' },
      },
      required: ['client_id', 'client_secret'],
    },
    private_key_jwt: {
      type: 'object',
      description: 'OAuth 2.1 with a signed assertion.',
      properties: {
        ...credentials,
        key_file: { type: 'string', description: 'File with the private key (PEM).' },
        algorithm: { enum: ['RS256', 'ES256', 'EdDSA'], default: 'ES256', description: 'Algorithm of the key.' },
      },
      required: ['client_id', 'key_file'],
    },
  },
} as const satisfies JsonSchema

const tool = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, description: 'Name of the tool. Only the tools named here can be called.' },
    arguments: { type: 'object', default: {}, additionalProperties: true, description: 'Arguments of each call.' },
    interval: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Time from one call to the next. Calls never overlap.',
    },
    jitter: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'How much chance is in the interval: 0.1 = up to 10 % shorter or longer.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '15s',
      description: 'Longest wait for an answer. A busy server may need 10 s.',
    },
    changes_only: {
      type: 'boolean',
      default: false,
      description: 'Emit an answer only when it differs from the last one that was taken.',
    },
    split: {
      type: 'string',
      description: 'Path of a list inside the answer, e.g. `agents`: each item becomes a record of its own.',
    },
  },
} as const satisfies JsonSchema

export const schema = {
  type: 'object',
  properties: {
    transport: {
      enum: ['http', 'stdio'],
      description: 'Follows from `endpoint` or `command`; write it where you like it to be seen.',
    },
    endpoint: { type: 'string', description: 'URL of a streamable HTTP server, e.g. `http://localhost:4300/mcp`.' },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', secret: true },
      default: {},
      description: 'Headers of every request. Never printed.',
    },
    auth,
    tls: tlsSchema,
    command: { type: 'string', description: 'Program of a stdio server.' },
    args: { type: 'array', items: { type: 'string' }, default: [], description: 'Its arguments.' },
    env: {
      type: 'object',
      additionalProperties: { type: 'string', secret: true },
      default: {},
      description: 'Its variables, beside HOME, PATH, USER and a few more.',
    },
    cwd: { type: 'string', description: 'The folder it runs in.' },
    protocol: {
      enum: ['auto', 'legacy'],
      default: 'auto',
      description: '`auto` speaks 2026-07-28 where the server does, else 2025; `legacy` does not try.',
    },
    tools: { type: 'array', items: tool, default: [], description: 'The tools that are polled.' },
    resources: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'URIs of resources to follow: read at the start and on every update.',
    },
    notifications: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'Methods of notifications that become events, e.g. `notifications/message`; `*` is all.',
    },
    log_level: {
      enum: ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'],
      description: 'Ask the server for its log messages from this level on (see `notifications`).',
    },
    map: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'OTTL statements run on each `mcp.tool.result`, to make other events of it.',
    },
    error_mode: {
      enum: ['ignore', 'silent', 'propagate'],
      default: 'ignore',
      description:
        'What a statement of `map` that fails does: it is skipped and logged, skipped, or the answer is dropped.',
    },
    include_content: {
      type: 'boolean',
      default: false,
      description: 'Pass on prompts, instructions, keys and home paths as they came.',
    },
    max_response_size: { type: 'string', format: 'bytesize', default: '4MiB', description: 'Longest answer taken.' },
    connect_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Longest wait for a handshake.',
    },
    liveness_interval: {
      type: 'string',
      format: 'duration',
      default: '4s',
      description: 'How often a silent HTTP server’s port is checked; 0 = never.',
    },
    reconnect_max: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Longest pause between attempts to connect.',
    },
  },
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>
export type ToolConfig = Config['tools'][number]
