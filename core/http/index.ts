/** HTTP for plugins: a bounded client, TLS options, compression, what a status means, and whom a server lets in. */
export { checkHost, guardedLookup, isLinkLocal, isLoopback } from './address.ts'
export { authProblems, authSchema, isClientAuthenticator } from './authenticator.ts'
export type { ClientAuthenticator } from './authenticator.ts'
export { clientProblems, clientProperties, openClient, urlProblems } from './client-options.ts'
export type { ClientConfig } from './client-options.ts'
export { createHttpClient } from './client.ts'
export type { HttpAnswer, HttpClient, HttpClientOptions, HttpRequest } from './client.ts'
export { compress, compressionProblems, compressionProperties, compressions } from './compression.ts'
export type { Compression, Encoded } from './compression.ts'
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
export type { TlsFetch } from './fetch.ts'
export { retryAfterMs } from './retry-after.ts'
export { isRetryable, otlpRetryable, said, statusError } from './status.ts'
export type { StatusErrorOptions } from './status.ts'
export { tlsOptions, tlsProblems, tlsSchema } from './tls.ts'
export type { TlsConfig, TlsOptions } from './tls.ts'
