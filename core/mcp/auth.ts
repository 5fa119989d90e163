/** How a connection proves who it is, in the library's words. Tokens live in memory only. */
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/client'
import type { AuthProvider, OAuthClientProvider } from '@modelcontextprotocol/client'
import type { McpAuth } from './types.ts'

/**
 * One provider for the life of a connection, so that tokens outlive a reconnect. Client credentials are sent to the
 * issuer named, or to the one the server's metadata names.
 */
export const authProvider = (
  auth: McpAuth | undefined,
  clientName: string,
): AuthProvider | OAuthClientProvider | undefined => {
  if (auth === undefined) return undefined
  switch (auth.kind) {
    case 'bearer':
      return { token: async () => auth.token() }
    case 'client_credentials':
      return new ClientCredentialsProvider({
        clientId: auth.clientId,
        clientSecret: auth.clientSecret.reveal(),
        clientName,
        ...(auth.scope === undefined ? {} : { scope: auth.scope }),
        ...(auth.issuer === undefined ? {} : { expectedIssuer: auth.issuer }),
      })
    case 'private_key_jwt':
      return new PrivateKeyJwtProvider({
        clientId: auth.clientId,
        privateKey: auth.privateKey.reveal(),
        algorithm: auth.algorithm,
        clientName,
        ...(auth.scope === undefined ? {} : { scope: auth.scope }),
        ...(auth.issuer === undefined ? {} : { expectedIssuer: auth.issuer }),
      })
    case 'oauth':
      return auth.provider
  }
}
