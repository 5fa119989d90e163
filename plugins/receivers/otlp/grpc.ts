/** OTLP over gRPC: one Export method a signal, and what its answers mean (OTLP specification, "OTLP/gRPC Response"). */
import type { Context } from 'seneca-collector'
import { createGrpcServer, GrpcError } from 'seneca-collector/grpc'
import type { GrpcMethod, GrpcServer } from 'seneca-collector/grpc'
import { decompressions, serverAuth, tlsServerOptions } from 'seneca-collector/http'
import type { ByteBudget, Spoken } from 'seneca-collector/http'
import { encodePartialSuccess } from 'seneca-collector/otlp'
import type { Intake, Outcome } from './intake.ts'
import type { GrpcConfig } from './options.ts'
import { grpcMethods } from './signals.ts'

const MIB = 1024 * 1024
const MESSAGE_MIB = 4
const STREAMS = 1_000
const EMPTY = Buffer.alloc(0)

const codes = {
  bad: 'INVALID_ARGUMENT',
  failed: 'INTERNAL',
  busy: 'RESOURCE_EXHAUSTED',
  down: 'UNAVAILABLE',
} as const

const responseOf = (outcome: Outcome): Uint8Array => {
  if (outcome.kind === 'taken') return EMPTY
  if (outcome.kind === 'partial') return encodePartialSuccess(outcome.rejected, outcome.message)
  const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined
  throw new GrpcError({ code: codes[outcome.kind], message: outcome.message, retryAfterMs })
}

export interface GrpcSurroundings {
  readonly intake: Intake
  readonly budget: ByteBudget
  readonly explain: (spoken: Spoken) => string
  readonly onRefused: (reason: string, sentence: string) => void
}

export const openGrpc = (ctx: Context<'receiver'>, config: GrpcConfig, around: GrpcSurroundings): GrpcServer => {
  const { intake, onRefused } = around
  const parameters = config.keepalive?.server_parameters
  const methods = ctx.signals.map((signal): readonly [string, GrpcMethod] => [
    grpcMethods[signal],
    async (message, call) => {
      const outcome = await intake(signal, 'otlp_proto', message, call.signal)
      if (outcome.kind !== 'taken' && outcome.kind !== 'partial') onRefused(outcome.kind, outcome.message)
      return responseOf(outcome)
    },
  ])
  return createGrpcServer({
    clock: ctx.clock,
    methods: new Map(methods),
    budget: around.budget,
    maxMessageBytes: (config.max_recv_msg_size_mib || MESSAGE_MIB) * MIB,
    maxConnections: config.max_connections,
    maxConcurrentStreams: config.max_concurrent_streams || STREAMS,
    encodings: decompressions,
    session: {
      idleMs: parameters?.max_connection_idle ?? 0,
      ageMs: parameters?.max_connection_age ?? 0,
      ageGraceMs: parameters?.max_connection_age_grace ?? 0,
      pingMs: parameters?.time ?? 7_200_000,
      pingTimeoutMs: parameters?.timeout ?? 20_000,
    },
    ...(config.tls === undefined ? {} : { tls: tlsServerOptions(config.tls, ctx.folder) }),
    auth: serverAuth(ctx, config.auth),
    explain: around.explain,
    onRefused,
  })
}
