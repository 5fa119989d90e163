/** What a caller says about an MCP server, what it hears back, and what an answer looks like once normalised. */
import type { OAuthClientProvider } from '@modelcontextprotocol/client'
import type { Clock } from '../kit/clock.ts'
import type { Logger } from '../kit/context.ts'
import type { TlsOptions } from '../http/index.ts'
import type { Secret } from '../kit/secret.ts'

export interface StdioOptions {
  readonly transport: 'stdio'
  readonly command: string
  readonly args?: readonly string[]
  /** Added to the few variables a child inherits (HOME, PATH, USER, …). */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface HttpOptions {
  readonly transport: 'http'
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string | Secret>>
  readonly auth?: McpAuth
  readonly tls?: TlsOptions
}

/** How the connection proves who it is. A bearer token is asked for before every request, so a file may be rotated. */
export type McpAuth =
  | { readonly kind: 'bearer'; readonly token: () => string | Promise<string> }
  | {
      readonly kind: 'client_credentials'
      readonly clientId: string
      readonly clientSecret: Secret
      readonly scope?: string
      readonly issuer?: string
    }
  | {
      readonly kind: 'private_key_jwt'
      readonly clientId: string
      readonly privateKey: Secret
      readonly algorithm: string
      readonly scope?: string
      readonly issuer?: string
    }
  | {
      /** Any OAuth provider; `authorize` is the part of the person: it visits the page and brings back the callback's query. */
      readonly kind: 'oauth'
      readonly provider: OAuthClientProvider
      readonly authorize?: () => Promise<URLSearchParams>
    }

export type McpOptions = (StdioOptions | HttpOptions) & {
  /** The only tools `call` may use; undefined = any, for callers that bring a fixed list of their own. */
  readonly tools?: readonly string[]
  /** One request, from sending to its whole answer. */
  readonly timeoutMs?: number
  /** Connecting and the handshake. */
  readonly connectTimeoutMs?: number
  /** An answer beyond this is refused (`too_large`). */
  readonly maxResponseBytes?: number
  /** How often a silent HTTP peer is checked to be there; 0 = never. */
  readonly livenessMs?: number
  readonly reconnect?: { readonly firstMs?: number; readonly mostMs?: number }
  /** `auto` speaks 2026-07-28 where the server does and 2025 otherwise. */
  readonly protocol?: 'auto' | 'legacy'
  /** What the server hears when it asks a question (elicitation): nothing, or the defaults its form states. */
  readonly questions?: 'unsupported' | 'defaults'
  /** Asks the server for its log messages from this level on, where it has any. */
  readonly logLevel?: 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency'
  /** Said to the server as the client's name. */
  readonly clientName?: string
  readonly clientVersion?: string
}

export interface McpEnvironment {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Called for each change of the connection. Must not throw. */
  readonly onEvent?: (event: McpEvent) => void
}

export type McpState = 'connecting' | 'open' | 'waiting' | 'closed'

export interface McpPeer {
  /** The endpoint without query and credentials, or the command's name. */
  readonly peer: string
  readonly transport: 'stdio' | 'http'
  /** `modern` from protocol 2026-07-28 on. */
  readonly era?: 'legacy' | 'modern'
  readonly protocolVersion?: string
  readonly server?: { readonly name: string; readonly version: string }
}

/** Times in milliseconds since the epoch. */
export type McpEvent =
  | ({ readonly kind: 'opened'; readonly at: number } & McpPeer)
  | ({ readonly kind: 'lost'; readonly at: number; readonly reason: string; readonly lastSeen: number } & McpPeer)
  | ({
      readonly kind: 'restored'
      readonly at: number
      readonly outageSeconds: number
      /** What the server did in between was not seen: the last sign of life before, and now. */
      readonly gap: { readonly from: number; readonly to: number }
    } & McpPeer)
  | ({
      readonly kind: 'failed'
      readonly at: number
      readonly reason: string
      readonly attempt: number
      readonly retryInMs: number
    } & McpPeer)

/** The shapes in which servers say no. */
export type FailureShape = 'is_error' | 'error_text' | 'error_object' | 'message' | 'protocol'

export interface ToolFailure {
  readonly shape: FailureShape
  readonly message: string
  readonly code?: string
  readonly type?: string
  readonly severity?: string
  readonly retryable?: boolean
}

export interface ToolAnswer {
  readonly tool: string
  /** False when the tool said no in any of the shapes. */
  readonly ok: boolean
  readonly failure?: ToolFailure
  /** structuredContent without the library's wrapper, else the JSON of the text, else the text. */
  readonly value: unknown
  readonly from: 'structured' | 'json' | 'text' | 'content' | 'empty'
  /** Set when a text that looks like JSON is none, or an answer broke the protocol's schema. */
  readonly malformed?: string
  /** Clock times of the request and the answer. */
  readonly askedAt: number
  readonly answeredAt: number
  readonly durationMs: number
}

export interface McpNotification {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface McpTool {
  readonly name: string
  readonly description?: string
  readonly inputSchema?: unknown
}

export interface McpCounts {
  readonly calls: number
  readonly failures: number
  readonly timeouts: number
  readonly tooLarge: number
  /** Lines on a stdio server's stdout that are no JSON. */
  readonly skippedLines: number
  /** Messages that are no JSON-RPC. */
  readonly malformed: number
  readonly reconnects: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface McpConnection {
  readonly state: McpState
  readonly peer: McpPeer
  readonly counts: McpCounts
  /** Why it is not open, in words. */
  readonly reason: string | undefined
  /** Resolves when the connection is open; rejects when `signal` aborts or it is closed. */
  ready(signal?: AbortSignal): Promise<void>
  /**
   * Asks a tool. A refusal of the tool is an answer (`ok: false`). Throws a CollectorError: `rejected` (not in the list),
   * `unavailable` and `timeout` (retryable), `too_large`, `invalid_data`, `unauthenticated`, `cancelled`.
   */
  call(tool: string, args?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<ToolAnswer>
  listTools(options?: CallOptions): Promise<readonly McpTool[]>
  listResources(options?: CallOptions): Promise<readonly { readonly uri: string; readonly name: string }[]>
  readResource(uri: string, options?: CallOptions): Promise<readonly ResourceContent[]>
  /** Every notification of the server; the answer stops it. */
  onNotification(listener: (notification: McpNotification) => void): () => void
  /** Follows a resource; renewed on each reconnect. `notifications/resources/updated` arrives at the listeners. */
  subscribeResource(uri: string, options?: CallOptions): Promise<void>
  unsubscribeResource(uri: string, options?: CallOptions): Promise<void>
  /** Ends the session and its process. Nothing is called after it. */
  close(): Promise<void>
}

export interface ResourceContent {
  readonly uri: string
  readonly mimeType?: string
  readonly text?: string
  readonly blob?: string
}
