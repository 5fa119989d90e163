/**
 * OTLP over gRPC and HTTP. A request is answered with OK when what follows took responsibility for its records, and not
 * before: the ack is `ctx.next`'s. What it cannot take it refuses in words, on the wire and in the log.
 */
import { completeOptions, definePlugin } from 'seneca-collector'
import type { CheckInfo, ConfigProblem, Context } from 'seneca-collector'
import { authProblems, createByteBudget, isLoopback, parseEndpoint, tlsServerProblems } from 'seneca-collector/http'
import { createDoor } from './door.ts'
import type { Protocol, Protocols } from './door.ts'
import { createIntake } from './intake.ts'
import { grpcSchema, httpSchema, schema } from './options.ts'
import type { Config, GrpcConfig, HttpConfig } from './options.ts'
import { createRefusals } from './refusals.ts'

const MIB = 1024 * 1024

/** A protocol that is named without options has its defaults. */
const protocolsOf = ({ protocols }: Config): Protocols => {
  const named = protocols as { readonly grpc?: GrpcConfig | null; readonly http?: HttpConfig | null }
  return {
    ...(named.grpc === undefined ? {} : { grpc: named.grpc ?? (completeOptions(grpcSchema, {}) as GrpcConfig) }),
    ...(named.http === undefined ? {} : { http: named.http ?? (completeOptions(httpSchema, {}) as HttpConfig) }),
  }
}

/** Anybody who reaches it can write into the pipelines. */
const isOpen = ({ endpoint, auth, tls }: Protocol): boolean =>
  auth === undefined && tls?.client_ca_file === undefined && !isLoopback(parseEndpoint(endpoint).host)

const checkProtocol = function* (name: 'grpc' | 'http', config: Protocol, info: CheckInfo): Generator<ConfigProblem> {
  const path = ['protocols', name]
  yield* authProblems(config.auth, info, [...path, 'auth'])
  yield* tlsServerProblems(config.tls, info.folder, [...path, 'tls'])
  try {
    parseEndpoint(config.endpoint)
  } catch (error) {
    yield {
      path: [...path, 'endpoint'],
      message: (error as Error).message.replace('4319', name === 'grpc' ? '4317' : '4318'),
    }
    return
  }
  if (isOpen(config)) {
    yield {
      path: [...path, 'endpoint'],
      severity: 'warning',
      message: `"${config.endpoint}" can be reached from other machines, and anybody there can send records`,
      suggestion: 'set auth.authenticator (bearertokenauth, basicauth) or tls.client_ca_file, or listen on localhost',
    }
  }
}

const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  const { grpc, http } = protocolsOf(config)
  if (grpc === undefined && http === undefined)
    yield {
      path: ['protocols'],
      message: 'name at least one protocol',
      suggestion: 'protocols: { grpc: {}, http: {} }',
    }
  if (grpc !== undefined) yield* checkProtocol('grpc', grpc, info)
  if (http !== undefined) yield* checkProtocol('http', http, info)
}

const create = (ctx: Context<'receiver'>, config: Config) => {
  const protocols = protocolsOf(config)
  const refusals = createRefusals(ctx)
  const budget = createByteBudget(config.request_limit_mib * MIB)
  const door = createDoor(ctx, protocols, { budget, refusals, intake: createIntake(ctx) })
  return {
    async start(): Promise<void> {
      await door.open()
      for (const [name, protocol] of Object.entries(protocols))
        if (isOpen(protocol))
          ctx.log.warn(
            `anybody who reaches ${protocol.endpoint} (${name}) can send records: set auth, or listen on localhost`,
          )
      ctx.status.report('ok')
    },
    stop: (signal: AbortSignal): Promise<void> => door.close(signal),
    inspect: (topic: string): unknown =>
      topic === '' ? { ...door.addresses, request_bytes: budget.taken, ...refusals.inspect() } : undefined,
  }
}

export default definePlugin({
  kind: 'receiver',
  type: 'otlp',
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Takes OTLP from any SDK, agent or collector: over gRPC and HTTP, as protobuf and JSON.',
  schema,
  examples: [
    { title: 'Both protocols, for this machine', yaml: 'protocols:\n  grpc: {}\n  http: {}\n' },
    {
      title: 'For a team, with TLS and larger requests',
      yaml: 'protocols:\n  grpc:\n    endpoint: localhost:4327\n    max_recv_msg_size_mib: 16\n  http:\n    endpoint: localhost:4328\n    cors:\n      allowed_origins: [https://*.example.com]\n',
    },
  ],
  check,
  create,
})
