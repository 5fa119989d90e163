/** HTTP for plugins: a bounded client, TLS options, compression, what a status means, and whom a server lets in. */
export { checkHost, guardedLookup, isLinkLocal, isLoopback } from './address.ts'
export { authProblems, authSchema, clientAuth, serverAuth } from './authenticator.ts'
export type { AuthConfig, AuthHeaders, ClientAuthenticator, ServerAuthenticator } from './authenticator.ts'
export { createByteBudget } from './byte-budget.ts'
export type { ByteBudget } from './byte-budget.ts'
export { Body } from './http1/body.ts'
export { clientProblems, clientProperties, openClient, urlProblems } from './client-options.ts'
export type { ClientConfig } from './client-options.ts'
export { headerEntries, headersSchema } from './headers.ts'
export { createHttpClient } from './client.ts'
export type { HttpAnswer, HttpClient, HttpClientOptions, HttpRequest } from './client.ts'
export { compress, compressionProblems, compressionProperties, compressions } from './compression.ts'
export type { Compression, Encoded } from './compression.ts'
export { decompress, decompressions } from './decompression.ts'
export type { Decompression } from './decompression.ts'
export {
  bearerOf,
  bindAddress,
  endpointProblems,
  hostAllowed,
  originAllowed,
  parseEndpoint,
  sameToken,
} from './endpoint.ts'
export type { Endpoint, Exposure } from './endpoint.ts'
export { createTlsFetch } from './fetch.ts'
export { nodeHttp } from '../kit/node-http.ts'
export type { TlsFetch } from './fetch.ts'
export { spokenIn } from './first-bytes.ts'
export type { Spoken } from './first-bytes.ts'
export { createFront } from './front.ts'
export type { Front, FrontOptions } from './front.ts'
export type { Answer, BodySink, Exchange } from './http1/exchange.ts'
export { createHttp1Server } from './http1/server.ts'
export type { Http1Options, Http1Server } from './http1/server.ts'
export { listenOn } from './listen.ts'
export { retryAfterMs } from './retry-after.ts'
export { isRetryable, otlpRetryable, said, statusError } from './status.ts'
export type { StatusErrorOptions } from './status.ts'
export { tlsOptions, tlsProblems, tlsSchema } from './tls.ts'
export type { TlsConfig, TlsOptions } from './tls.ts'
export { tlsServerOptions, tlsServerProblems, tlsServerSchema } from './tls-server.ts'
export type { TlsServerConfig, TlsServerOptions } from './tls-server.ts'
