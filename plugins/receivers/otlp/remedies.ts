/** The sentences for people whose exporter does not get through: what came, and what to set. */
import type { Signal } from 'seneca-collector'
import type { Spoken } from 'seneca-collector/http'

export interface Places {
  /** Where each protocol listens, as it can be written into an endpoint; undefined = off. */
  readonly grpc: string | undefined
  readonly http: string | undefined
  readonly isGrpcSecure: boolean
  readonly isHttpSecure: boolean
  /** Paths by signal, of the signals that are taken. */
  readonly paths: ReadonlyMap<Signal, string>
}

const at = (address: string | undefined, isSecure: boolean): string =>
  address === undefined ? 'which is not switched on here' : `at ${isSecure ? 'https' : 'http'}://${address}`

/** Something else than gRPC at the gRPC port. */
export const atGrpcPort = (spoken: Spoken, places: Places): string => {
  if (spoken === 'tls')
    return `TLS came to the gRPC port, which is plain: write http:// into the endpoint, or set tls there`
  if (spoken === 'http1')
    return `HTTP/1.1 came to the gRPC port: OTLP over HTTP is another port, ${at(places.http, places.isHttpSecure)}; or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc`
  if (places.isGrpcSecure) return 'plain gRPC came to the gRPC port, which speaks TLS: write https:// into the endpoint'
  return 'what came to the gRPC port is no HTTP/2: this port takes OTLP over gRPC'
}

/** Something else than HTTP/1.1 at the HTTP port. */
export const atHttpPort = (spoken: Spoken, places: Places): string => {
  if (spoken === 'http2')
    return `gRPC came to the HTTP port: OTLP over gRPC is another port, ${at(places.grpc, places.isGrpcSecure)}; or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`
  if (spoken === 'tls')
    return 'TLS came to the HTTP port, which is plain: write http:// into the endpoint, or set tls there'
  if (spoken === 'http1' && places.isHttpSecure)
    return 'plain HTTP came to the HTTP port, which speaks TLS: write https:// into the endpoint'
  return 'what came to the HTTP port is no HTTP/1.1: this port takes OTLP over HTTP'
}

const listed = (places: Places): string => [...places.paths.values()].join(', ')

/** A path that nothing is behind. */
export const wrongPath = (path: string, places: Places): string => {
  const asked = `there is nothing at ${path}`
  if (path.startsWith('/opentelemetry.proto.collector.'))
    return `${asked}: that is a gRPC method; OTLP over gRPC is another port, ${at(places.grpc, places.isGrpcSecure)}`
  const right = [...places.paths].find(([signal]) => path.includes(signal.slice(0, -1)))?.[1]
  const word = (['logs', 'metrics', 'traces'] as const).find((signal) => path.includes(signal.slice(0, -1)))
  if (right === undefined && word !== undefined)
    return `${asked}: no pipeline of ${word} names this receiver; add one to service.pipelines`
  if (right !== undefined)
    return `${asked}: it is ${right}; set OTEL_EXPORTER_OTLP_ENDPOINT without a path, or the endpoint of the signal with ${right}`
  return `${asked}: OTLP over HTTP is at ${listed(places)}; exporters add that to OTEL_EXPORTER_OTLP_ENDPOINT by themselves`
}
