import { CollectorError } from 'seneca-collector'
import type { CheckInfo, ConfigProblem, Infer, JsonSchema } from 'seneca-collector'
import { parseGrpcTarget } from 'seneca-collector/grpc'
import { authProblems, authSchema, headersSchema, tlsProblems, tlsSchema, urlProblems } from 'seneca-collector/http'

export const schema = {
  type: 'object',
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      description: 'Address of the server, e.g. `localhost:4317` or `https://otlp.example.com:4317`.',
      examples: ['localhost:4317'],
    },
    compression: {
      enum: ['gzip', 'zstd', 'deflate', 'none'],
      default: 'gzip',
      description: 'Compression of the calls.',
    },
    headers: { ...headersSchema, description: 'Metadata of every call, e.g. an API key. Never printed.' },
    auth: authSchema,
    tls: {
      ...tlsSchema,
      description: 'TLS of the connection.',
      properties: {
        ...tlsSchema.properties,
        insecure: {
          type: 'boolean',
          default: false,
          description: 'No TLS. A scheme in the endpoint decides instead: http has none, https has.',
        },
      },
    },
    authority: { type: 'string', description: '`:authority` of the calls, instead of the endpoint’s host.' },
    keepalive: {
      type: 'object',
      description: 'Find out whether a silent server is still there, while it owes an answer.',
      properties: {
        time: { type: 'string', format: 'duration', default: '10s', description: 'How often it is asked.' },
        timeout: { type: 'string', format: 'duration', default: '10s', description: 'It answers within this.' },
      },
    },
    proxy_url: {
      type: 'string',
      description: 'HTTP proxy that tunnels the connection (CONNECT); those of the environment are not used here.',
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

export const targetOf = ({ endpoint, tls }: Config) => parseGrpcTarget(endpoint, tls?.insecure ?? false)

/** Metadata keys of gRPC (doc/PROTOCOL-HTTP2.md); the ones that begin with `grpc-` are the protocol's own. */
const HEADER = /^(?!grpc-)[0-9a-z_.-]+$/

/** Each name and where it stands: in a map under itself, in a list under its number. */
const headerPlaces = (headers: Config['headers']): readonly (readonly [name: string, ...(string | number)[]])[] =>
  Array.isArray(headers)
    ? (headers as readonly { readonly name: string }[]).map(({ name }, index) => [name, index, 'name'])
    : Object.keys(headers).map((name) => [name, name])

export const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* tlsProblems(config.tls, info.folder)
  yield* authProblems(config.auth, info)
  if (config.proxy_url !== undefined) yield* urlProblems('proxy_url', config.proxy_url)
  for (const [name, ...at] of headerPlaces(config.headers)) {
    if (HEADER.test(name.toLowerCase())) continue
    yield {
      path: ['headers', ...at],
      message: `"${name}" cannot be metadata of gRPC`,
      suggestion: 'use letters, digits, - and _',
    }
  }
  try {
    targetOf(config)
  } catch (error) {
    yield { path: ['endpoint'], message: CollectorError.from(error).message }
  }
}
