/**
 * What is known of each coding agent's telemetry: how it is recognised, how its events are named, and where a tool call and a
 * model call say what. Names as documented by their makers in autumn 2026.
 */
export interface ToolCall {
  /** Names of the events that tell of one, with the prefix. */
  readonly events: readonly string[]
  readonly tool: string
  readonly ok: string
  readonly durationMs: string
  readonly error: string
}

export interface ModelCall {
  readonly events: readonly string[]
  /** Only records with this attribute value: a stream tells of its end among other things. */
  readonly only?: readonly [attribute: string, value: string]
  readonly model: string
  readonly inputTokens: string
  readonly outputTokens: string
  readonly costUsd?: string
}

export interface Profile {
  readonly name: string
  /** Stands before short names, and marks long ones. */
  readonly prefix: string
  /** Values of the resource's `service.name`, or their beginnings. */
  readonly services: readonly string[]
  /** Beginnings of the instrumentation scope's name. */
  readonly scopes: readonly string[]
  /** The attribute that a session (a conversation) is known by. */
  readonly session: string
  readonly toolCall: ToolCall
  readonly modelCall: ModelCall
}

export const profiles: readonly Profile[] = [
  {
    name: 'claude_code',
    prefix: 'claude_code.',
    services: ['claude-code', 'claude_code'],
    scopes: ['com.anthropic.claude_code'],
    session: 'session.id',
    toolCall: {
      events: ['claude_code.tool_result'],
      tool: 'tool_name',
      ok: 'success',
      durationMs: 'duration_ms',
      error: 'error',
    },
    modelCall: {
      events: ['claude_code.api_request'],
      model: 'model',
      inputTokens: 'input_tokens',
      outputTokens: 'output_tokens',
      costUsd: 'cost_usd',
    },
  },
  {
    name: 'codex',
    prefix: 'codex.',
    services: ['codex'],
    scopes: ['codex'],
    session: 'conversation.id',
    toolCall: {
      events: ['codex.tool_result'],
      tool: 'tool_name',
      ok: 'success',
      durationMs: 'duration_ms',
      error: 'error.message',
    },
    modelCall: {
      events: ['codex.sse_event'],
      only: ['event.kind', 'response.completed'],
      model: 'model',
      inputTokens: 'input_token_count',
      outputTokens: 'output_token_count',
    },
  },
  {
    name: 'gemini_cli',
    prefix: 'gemini_cli.',
    services: ['gemini-cli', 'gemini_cli'],
    scopes: ['gemini-cli', 'gemini_cli'],
    session: 'session.id',
    toolCall: {
      events: ['gemini_cli.tool_call'],
      tool: 'function_name',
      ok: 'success',
      durationMs: 'duration_ms',
      error: 'error',
    },
    modelCall: {
      events: ['gemini_cli.api_response'],
      model: 'model',
      inputTokens: 'input_token_count',
      outputTokens: 'output_token_count',
    },
  },
]

export const profileOf = (service: string, scope: string, names: readonly string[]): Profile | undefined =>
  profiles.find(
    ({ services, scopes, prefix }) =>
      services.some((each) => service.startsWith(each)) ||
      scopes.some((each) => scope.startsWith(each)) ||
      names.some((name) => name.startsWith(prefix)),
  )
