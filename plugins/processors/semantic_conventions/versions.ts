/**
 * The tables. Sources: OpenTelemetry semantic conventions 1.41.0, `docs/gen-ai` (the last release with generative AI in it),
 * and semantic-conventions-genai 0.1.0, which merged the workflow span into the agent's and calls its name `gen_ai.agent.name`.
 */
import type { SpanRecord, Value } from 'seneca-collector'

export type Rename = readonly [from: string, to: string]

export interface SpanRule {
  readonly applies: (span: SpanRecord) => boolean
  /** The span's name: this, and what the first of the attributes `targets` that is there says. */
  readonly operation: string
  readonly targets: readonly string[]
  /** OTLP's number: 1 internal, 3 client. */
  readonly kind?: number
  readonly attributes: Readonly<Record<string, Value>>
  readonly renames: readonly Rename[]
  /** `error.type` of a span that failed. */
  readonly errorType: string
}

export interface LogRule {
  readonly event: string
  readonly name: string
  readonly attributes: Readonly<Record<string, Value>>
  readonly renames: readonly Rename[]
}

interface Version {
  readonly spans: readonly SpanRule[]
  readonly logs: readonly LogRule[]
}

const has =
  (key: string) =>
  (span: SpanRecord): boolean =>
    span.attributes.has(key)

const TOOL = 'marcus.tool'
const ATTEMPT = 'seneca.task.attempt'
const ATTEMPTS = 'seneca.task.attempts'

const toolCall: SpanRule = {
  applies: has(TOOL),
  operation: 'tools/call',
  targets: [TOOL],
  kind: 3,
  errorType: 'tool_error',
  attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool' },
  renames: [
    [TOOL, 'gen_ai.tool.name'],
    ['marcus.agent.name', 'gen_ai.agent.name'],
    ['marcus.agent.id', 'gen_ai.agent.id'],
  ],
}

const attempt: SpanRule = {
  applies: has(ATTEMPT),
  operation: 'invoke_agent',
  targets: ['marcus.agent.name', 'marcus.agent.id'],
  kind: 1,
  errorType: '_OTHER',
  attributes: { 'gen_ai.operation.name': 'invoke_agent' },
  renames: [
    ['marcus.agent.name', 'gen_ai.agent.name'],
    ['marcus.agent.id', 'gen_ai.agent.id'],
    ['marcus.task.id', 'gen_ai.conversation.id'],
  ],
}

const workflow = (name: string): SpanRule => ({
  applies: has(ATTEMPTS),
  operation: 'invoke_workflow',
  targets: ['marcus.task.name'],
  kind: 1,
  errorType: '_OTHER',
  attributes: { 'gen_ai.operation.name': 'invoke_workflow' },
  renames: [['marcus.task.name', name]],
})

const modelCall: LogRule = {
  event: 'cost.recorded',
  name: 'gen_ai.client.inference.operation.details',
  attributes: { 'gen_ai.operation.name': 'chat' },
  renames: [
    ['marcus.model', 'gen_ai.request.model'],
    ['marcus.input_tokens', 'gen_ai.usage.input_tokens'],
    ['marcus.output_tokens', 'gen_ai.usage.output_tokens'],
    ['marcus.agent.id', 'gen_ai.agent.id'],
    ['marcus.agent.name', 'gen_ai.agent.name'],
  ],
}

export const versions = {
  '1.41.0': { spans: [toolCall, attempt, workflow('gen_ai.workflow.name')], logs: [modelCall] },
  'genai-0.1.0': { spans: [toolCall, attempt, workflow('gen_ai.agent.name')], logs: [modelCall] },
} as const satisfies Readonly<Record<string, Version>>
