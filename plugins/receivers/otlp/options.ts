/** The OpenTelemetry Collector's options of its otlp receiver (configgrpc, confighttp), by its names and with its defaults. */
import type { Infer, JsonSchema } from 'seneca-collector'
import { authSchema, headersSchema, tlsServerSchema } from 'seneca-collector/http'

const buffered = 'Accepted from configurations of the OpenTelemetry Collector; Node sizes its buffers itself.'
const duration = (value: string, description: string) =>
  ({ type: 'string', format: 'duration', default: value, description }) as const
const connections = {
  type: 'integer',
  minimum: 1,
  maximum: 100_000,
  default: 1_000,
  description: 'Connections at a time; more are closed.',
} as const

const keepalive = {
  type: 'object',
  description: 'How long connections are kept; 0 = without end.',
  properties: {
    server_parameters: {
      type: 'object',
      default: {},
      description: 'The server’s side.',
      properties: {
        max_connection_idle: duration('0s', 'A connection without calls for so long is told to go.'),
        max_connection_age: duration('0s', 'A connection so old is told to go, …'),
        max_connection_age_grace: duration('0s', '… and cut so much later.'),
        time: duration('2h', 'How often a peer is asked whether it is still there.'),
        timeout: duration('20s', 'How long it may be silent then.'),
      },
    },
    enforcement_policy: {
      type: 'object',
      description: 'Accepted from configurations of the OpenTelemetry Collector; floods of pings are always refused.',
      properties: {
        min_time: duration('5m', 'No effect.'),
        permit_without_stream: { type: 'boolean', default: false, description: 'No effect.' },
      },
    },
  },
} as const satisfies JsonSchema

export const grpcSchema = {
  type: ['object', 'null'],
  description: 'OTLP over gRPC; absent = off.',
  properties: {
    endpoint: {
      type: 'string',
      default: 'localhost:4317',
      exclusive: 'address',
      description: 'Address to listen on: host:port.',
    },
    transport: { enum: ['tcp'], default: 'tcp', description: 'Kind of the address.' },
    tls: tlsServerSchema,
    auth: authSchema,
    max_recv_msg_size_mib: {
      type: 'integer',
      minimum: 0,
      maximum: 512,
      default: 4,
      description: 'Largest request in MiB, as sent and decompressed; 0 = 4.',
    },
    max_concurrent_streams: {
      type: 'integer',
      minimum: 0,
      maximum: 100_000,
      default: 0,
      description: 'Requests at a time on one connection; 0 = 1000.',
    },
    max_connections: connections,
    keepalive,
    read_buffer_size: { type: 'integer', minimum: 0, default: 524_288, description: buffered },
    write_buffer_size: { type: 'integer', minimum: 0, default: 0, description: buffered },
  },
} as const satisfies JsonSchema

const path = (signal: string) =>
  ({ type: 'string', minLength: 1, default: `/v1/${signal}`, description: `Path that takes ${signal}.` }) as const

export const httpSchema = {
  type: ['object', 'null'],
  description: 'OTLP over HTTP, protobuf and JSON; absent = off.',
  properties: {
    endpoint: {
      type: 'string',
      default: 'localhost:4318',
      exclusive: 'address',
      description: 'Address to listen on: host:port.',
    },
    transport: { enum: ['tcp'], default: 'tcp', description: 'Kind of the address.' },
    tls: tlsServerSchema,
    auth: authSchema,
    logs_url_path: path('logs'),
    traces_url_path: path('traces'),
    metrics_url_path: path('metrics'),
    max_request_body_size: {
      type: 'integer',
      minimum: 0,
      maximum: 536_870_912,
      default: 0,
      description: 'Largest body in bytes, as sent and decompressed; 0 = 20 MiB.',
    },
    compression_algorithms: {
      type: 'array',
      items: { enum: ['', 'gzip', 'zstd', 'zlib', 'deflate', 'none'] },
      default: ['', 'gzip', 'zstd', 'zlib', 'deflate'],
      description: 'Content encodings taken; empty text or `none` = none.',
    },
    cors: {
      type: 'object',
      description: 'Pages let in beside those of this machine.',
      properties: {
        allowed_origins: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Origins; `*` stands for any part, e.g. `https://*.example.com`.',
        },
        allowed_headers: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Headers a page may send beside Content-Type and the simple ones; `*` = any.',
        },
        exposed_headers: {
          type: 'array',
          items: { type: 'string' },
          default: [],
          description: 'Headers a page may read.',
        },
        max_age: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'Seconds a browser may remember that; 0 = its own.',
        },
      },
    },
    response_headers: { ...headersSchema, description: 'Headers of every answer.' },
    max_connections: connections,
    keep_alives_enabled: { type: 'boolean', default: true, description: 'Connections serve more than one request.' },
    idle_timeout: duration('1m', 'How long a connection without a request is kept; 0 = 5 minutes.'),
    read_header_timeout: duration('1m', 'How long headers may take to come; 0 = 1 minute.'),
    read_timeout: duration('0s', 'How long a request may take to come; 0 = 5 minutes.'),
    write_timeout: duration(
      '30s',
      'Accepted from configurations of the OpenTelemetry Collector; answers are small and never waited for.',
    ),
  },
} as const satisfies JsonSchema

export const schema = {
  type: 'object',
  properties: {
    protocols: {
      type: 'object',
      description: 'What is served: grpc, http, or both.',
      properties: { grpc: grpcSchema, http: httpSchema },
    },
    request_limit_mib: {
      type: 'integer',
      minimum: 1,
      maximum: 65_536,
      default: 128,
      description: 'MiB of all requests being read and answered; beyond it senders are asked to come again.',
    },
  },
  required: ['protocols'],
} as const satisfies JsonSchema

export type Config = Infer<typeof schema>
export type GrpcConfig = Infer<typeof grpcSchema>
export type HttpConfig = Infer<typeof httpSchema>
