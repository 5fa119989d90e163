/**
 * The client that the MCP conformance suite drives: the mcp receiver's own connection layer, asked what the scenario
 * asks for. `argv[2]` is the server's URL; the suite names the scenario and its data in the environment. The only parts
 * that are not the product's are the person at the browser (`authorize` follows the redirect by itself) and the company's
 * sign-in of one extension.
 */
import { CrossAppAccessProvider, requestJwtAuthorizationGrant } from '@modelcontextprotocol/client'
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { Secret } from 'seneca-collector'
import { connectMcp } from 'seneca-collector/mcp'
import type { McpAuth, McpConnection } from 'seneca-collector/mcp'
import { systemClock } from '../../core/kit/system-clock.ts'

const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? ''
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Record<string, string>
const endpoint = process.argv.at(-1) as string
const REDIRECT = 'http://localhost:3000/callback'

/** A person's OAuth sign-in without a person: the test's authorization server redirects at once. */
const person = (): McpAuth => {
  let tokens: StoredOAuthTokens | undefined
  let verifier = ''
  let page: URL | undefined
  let discovery: OAuthDiscoveryState | undefined
  let known: StoredOAuthClientInformation | undefined =
    scenario === 'auth/pre-registration'
      ? { client_id: context['client_id'] ?? '', client_secret: context['client_secret'] ?? '' }
      : undefined
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    ...(scenario === 'auth/basic-cimd'
      ? { clientMetadataUrl: 'https://conformance-test.local/client-metadata.json' }
      : {}),
    clientMetadata: { client_name: 'seneca-collector', redirect_uris: [REDIRECT], application_type: 'native' },
    clientInformation: () => known,
    saveClientInformation: (information) => void (known = information as StoredOAuthClientInformation),
    tokens: () => tokens,
    saveTokens: (given) => void (tokens = given as StoredOAuthTokens),
    redirectToAuthorization: (url) => void (page = url),
    saveCodeVerifier: (code) => void (verifier = code),
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => void (discovery = state),
    discoveryState: () => discovery,
  }
  const authorize = async (): Promise<URLSearchParams> => {
    if (page === undefined) throw new Error('no page to visit')
    const answer = await fetch(page, { redirect: 'manual' })
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`the authorization page answered ${answer.status}`)
    return new URL(location).searchParams
  }
  return { kind: 'oauth', provider, authorize }
}

const crossApp = (): McpAuth => ({
  kind: 'oauth',
  provider: new CrossAppAccessProvider({
    clientId: context['client_id'] ?? '',
    clientSecret: context['client_secret'] ?? '',
    assertion: async ({ authorizationServerUrl, resourceUrl, fetchFn }) => {
      const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
        tokenEndpoint: context['idp_token_endpoint'] ?? '',
        audience: authorizationServerUrl,
        resource: resourceUrl,
        idToken: context['idp_id_token'] ?? '',
        clientId: context['idp_client_id'] ?? '',
        fetchFn,
      })
      return jwtAuthGrant
    },
  }),
})

const authOf = (): McpAuth | undefined => {
  if (!scenario.startsWith('auth/')) return undefined
  const clientId = context['client_id'] ?? ''
  if (scenario === 'auth/client-credentials-basic') {
    return { kind: 'client_credentials', clientId, clientSecret: new Secret(context['client_secret'] ?? '') }
  }
  if (scenario === 'auth/client-credentials-jwt') {
    const algorithm = context['signing_algorithm'] ?? 'ES256'
    return { kind: 'private_key_jwt', clientId, privateKey: new Secret(context['private_key_pem'] ?? ''), algorithm }
  }
  return scenario.startsWith('auth/cross-app-access') ? crossApp() : person()
}

const toolOf: Readonly<Record<string, readonly [tool: string, args: Record<string, unknown>] | undefined>> = {
  initialize: undefined,
  tools_call: ['add_numbers', { a: 5, b: 3 }],
  'elicitation-sep1034-client-defaults': ['test_client_elicitation_defaults', {}],
  'sse-retry': ['test_reconnection', {}],
}

const drive = async (mcp: McpConnection): Promise<void> => {
  await mcp.listTools()
  const asked = scenario in toolOf ? toolOf[scenario] : (['test-tool', {}] as const)
  if (asked === undefined) return
  const answer = await mcp.call(asked[0], asked[1])
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

const say = (message: string, fields: unknown = ''): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
const auth = authOf()
let failures = 0
const mcp = connectMcp(
  { transport: 'http', endpoint, questions: 'defaults', timeoutMs: 20_000, ...(auth === undefined ? {} : { auth }) },
  {
    clock: systemClock,
    random: Math.random,
    log: { debug: say, info: say, warn: say, error: say },
    onEvent: (event) => {
      say(event.kind, event)
      // A refusal stays one however often it is asked; the suite counts what is sent.
      if (event.kind === 'failed' && ++failures >= 1) process.exit(1)
    },
  },
)
await drive(mcp)
await mcp.close()
